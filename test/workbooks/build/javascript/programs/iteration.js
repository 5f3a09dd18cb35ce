//// a generator
function* g() { yield 1; yield* [2, 3]; return 4; } return [[...g()], (() => { const i = g(); i.next(); i.next(); i.next(); return i.next(); })()];
//// sending into a generator
function* g() { const a = yield "first"; const b = yield a * 2; return a + b; } const i = g(); return [i.next("ignored"), i.next(5), i.next(6), i.next()];
//// throwing into a generator
function* g() { try { yield 1; } catch (e) { yield "caught " + e; } finally { yield "f"; } } const i = g(); return [i.next(), i.throw("x"), i.next(), i.next()];
//// returning from a generator
const log = []; function* g() { try { yield 1; yield 2; } finally { log.push("clean"); } } const i = g(); i.next(); return [i.return(9), i.next(), log];
//// return with a yield in finally
function* g() { try { yield 1; } finally { yield 2; } } const i = g(); i.next(); return [i.return(5), i.next(), i.next()];
//// yield* gives the return value
function* a() { yield 1; return "r"; } function* b() { const r = yield* a(); yield r; } return [...b()];
//// an infinite generator
function* nat() { let n = 0; while (true) yield n++; } const take = function* (n, it) { for (const x of it) { if (n-- <= 0) return; yield x; } }; return [...take(5, nat())];
//// Fibonacci by a generator
function* fib() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b]; } } const out = []; for (const x of fib()) { if (x > 100) break; out.push(x); } return out;
//// permutations by a recursive generator
function* perm(a, n = a.length) { if (n <= 1) yield a.join(""); else for (let i = 0; i < n; i++) { yield* perm(a, n - 1); const j = n % 2 ? 0 : i; [a[n - 1], a[j]] = [a[j], a[n - 1]]; } } return [...perm(["a", "b", "c"])].sort();
//// walking a tree
const t = { v: 4, l: { v: 2, l: { v: 1 }, r: { v: 3 } }, r: { v: 6 } }; function* walk(n) { if (!n) return; yield* walk(n.l); yield n.v; yield* walk(n.r); } return [...walk(t)];
//// an iterator of its own
class Range { constructor(a, b) { this.a = a; this.b = b; } [Symbol.iterator]() { let n = this.a; const b = this.b; return { next: () => n < b ? { value: n++, done: false } : { value: undefined, done: true } }; } } return [[...new Range(1, 4)], Math.max(...new Range(0, 9)), Array.from(new Range(0, 2), (x) => x * 10)];
//// destructuring takes as much as it needs
let n = 0; function* g() { while (true) { n++; yield n; } } const [a, , b] = g(); return [a, b, n];
//// entries, keys and values
const a = ["x", "y"]; return [[...a.entries()], [...a.keys()], [...a.values()], [...new Map([["k", 1]]).entries()], [...new Set([5]).entries()]];
//// iterators are iterable
const it = [1, 2, 3][Symbol.iterator](); it.next(); return [...it];
//// iterating a Map while it changes
const m = new Map([["a", 1], ["b", 2]]); const seen = []; for (const [k] of m) { seen.push(k); if (k === "a") { m.delete("b"); m.set("c", 3); } } return seen;
//// what is not iterable
try { const [a] = {}; return "none"; } catch (e) { return e.name; }
//// a generator's object
function* g() {} const i = g(); return [i[Symbol.iterator]() === i, Object.prototype.toString.call(i), typeof i.next, i instanceof g];
//// a generator runs once at a time
function* g() { i.next(); yield 1; } const i = g(); try { i.next(); return "none"; } catch (e) { return e.name; }
//// lazy map and filter
const map = function* (it, f) { for (const x of it) yield f(x); }, filter = function* (it, p) { for (const x of it) if (p(x)) yield x; }; const log = []; const r = [...filter(map([1, 2, 3], (x) => (log.push(x), x * x)), (x) => x % 2)]; return [r, log];
//// zip
function* zip(...its) { const is = its.map((i) => i[Symbol.iterator]()); while (true) { const rs = is.map((i) => i.next()); if (rs.some((r) => r.done)) return; yield rs.map((r) => r.value); } } return [...zip("abc", [1, 2, 3], new Set([true, false]))];
//// spreading strings, maps and sets
return [[..."né🦀"], [...new Map([[1, 2]])], [...new Set("aab")], { ...[7] }, { ...null }];
//// spreading a string into an object
return { ..."ab" };
//// a return method that throws
const it = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return() { throw new Error("closing"); } }) }; try { for (const x of it) break; } catch (e) { return e.message; }
//// the error of the body wins over that of return
const it = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return() { throw new Error("closing"); } }) }; try { for (const x of it) throw new Error("body"); } catch (e) { return e.message; }
//// an array-like by Array.from
return [Array.from({ length: 3, 0: "a", 2: "c" }), Array.from({ length: 2 }, (_, i) => i * i), Array.from("abc", (c) => c.toUpperCase())];
//// a scheduler of generators
function* job(n, k) { for (let i = 0; i < k; i++) yield n + i; } const q = [job("a", 2), job("b", 3)], out = []; while (q.length) { const j = q.shift(); const { value, done } = j.next(); if (!done) { out.push(value); q.push(j); } } return out;
