//// let is scoped to its block
let x = 1; { let x = 2; } return x;
//// var is scoped to its function
{ var x = 2; } return x;
//// closures over a loop's let
const f = []; for (let i = 0; i < 3; i++) f.push(() => i); return f.map((g) => g());
//// closures over a loop's var
const f = []; for (var i = 0; i < 3; i++) f.push(() => i); return f.map((g) => g());
//// the temporal dead zone
try { x; let x = 1; return "none"; } catch (e) { return e instanceof ReferenceError; }
//// assigning a constant
const x = 1; try { x = 2; return "none"; } catch (e) { return [e.name, x]; }
//// labelled continue
const out = []; outer: for (let i = 0; i < 4; i++) { for (let j = 0; j < 4; j++) { if (j === i) continue outer; out.push([i, j]); } } return out;
//// labelled break
let n = 0; outer: for (;;) { for (;;) { if (++n > 5) break outer; } } return n;
//// a labelled block
let s = "a"; block: { s += "b"; if (s) break block; s += "c"; } return s;
//// do while
let i = 0; do { i += 3; } while (i < 10); return i;
//// while with a complex condition
let a = 10, b = 0; while (a-- > 3 && b++ < 20); return [a, b];
//// the comma operator
let x = (1, 2, 3); for (var i = 0, j = 9; i < j; i++, j--); return [x, i, j];
//// switch falls through
const f = (x) => { const o = []; switch (x) { case 1: o.push("one"); case 2: o.push("two"); break; default: o.push("other"); case 3: o.push("three"); } return o; };
return [f(1), f(2), f(3), f(4)];
//// switch compares strictly
switch ("1") { case 1: return "number"; case "1": return "string"; }
//// switch has one scope
switch (2) { case 1: let x = 5; case 2: try { return x; } catch (e) { return e.name; } }
//// for in goes over keys in order
const o = { b: 1, 2: 1, a: 1, 1: 1, [-1]: 1 }; const k = []; for (const key in o) k.push(key); return k;
//// for in goes over inherited keys
const o = Object.create({ inherited: 1 }); o.own = 1; const k = []; for (const key in o) k.push(key); return k;
//// for in of a string
const k = []; for (const i in "ab") k.push(i); return k;
//// for in skips what is deleted
const o = { a: 1, b: 2, c: 3 }; const k = []; for (const key in o) { k.push(key); delete o.b; } return k;
//// for of a string goes by code points
return [...function* () { for (const c of "a🦀b") yield c; }()];
//// for of an array that grows
const a = [1, 2]; let n = 0; for (const x of a) { if (a.length < 5) a.push(x); n += x; } return [n, a];
//// for of with destructuring
const out = []; for (const [k, { v = 7 }] of [["a", { v: 1 }], ["b", {}]]) out.push(k + v); return out;
//// for of closes its iterator
let closed = 0; const it = { [Symbol.iterator]() { return { next: () => ({ value: 1, done: false }), return() { closed++; return {}; } }; } };
for (const x of it) break; try { for (const x of it) throw 1; } catch {} return closed;
//// for of with a pattern on the left
const o = {}; const out = []; for (o.x of [1, 2, 3]) out.push(o.x); return [out, o.x];
//// finally overrides return
const f = () => { try { return 1; } finally { return 2; } }; return f();
//// finally does not change the value that is returned
const f = () => { let x = 1; try { return x; } finally { x = 2; } }; return f();
//// finally after break
const o = []; for (const i of [1, 2, 3]) { try { if (i === 2) break; o.push(i); } finally { o.push("f" + i); } } return o;
//// nested try
const o = []; try { try { throw 1; } catch (e) { o.push(e); throw 2; } finally { o.push("f"); } } catch (e) { o.push(e); } return o;
//// catch without a binding
try { null.x; } catch { return "caught"; }
//// catch with a pattern
try { throw { code: 7, extra: [1, 2] }; } catch ({ code, extra: [, second] }) { return [code, second]; }
//// throwing anything
const f = (x) => { try { throw x; } catch (e) { return e; } }; return [f(1), f("s"), f(null), f([1])];
//// optional chaining
const o = { a: { b: null, f() { return this.c; }, c: 3 } };
return [o?.a?.b?.c ?? "none", o.x?.y.z.w ?? "short", o.a.f?.(), o.a.g?.() ?? "no g", o?.["a"]?.["c"]];
//// optional chaining stops everything after it
let n = 0; const o = null; const x = o?.[n++].b[n++]; return [x === undefined, n];
//// delete with optional chaining
const o = { a: { b: 1 } }; return [delete o?.a?.b, delete o?.z?.b, o];
//// nullish coalescing
return [null ?? 1, undefined ?? 2, 0 ?? 3, "" ?? 4, false ?? 5];
//// logical assignment
let a = null, b = 0, c = 1; a ??= 5; b ||= 6; c &&= 7; return [a, b, c];
//// logical assignment does not assign where it need not
let sets = 0; const o = { get x() { return 1; }, set x(v) { sets++; } }; o.x ||= 2; o.x ??= 3; o.x &&= 4; return sets;
//// exponents
return [2 ** 10, (-2) ** 3, 2 ** -1, 2 ** 3 ** 2];
//// bit operations
return [5 & 3, 5 | 3, 5 ^ 3, ~5, -9 >> 1, -9 >>> 28, 1 << 31, 1 << 32, 2 ** 32 >> 0];
//// compound assignment
let x = 10; x += 5; x -= 3; x *= 2; x /= 4; x %= 4; x **= 3; x <<= 2; x >>= 1; x >>>= 0; x |= 1; x &= 7; x ^= 2; return x;
//// increments
let x = 5; return [x++ + ++x, x-- - --x, x, +"3", -"4", typeof -"a"];
//// loose equality
return [null == undefined, null == 0, "" == 0, "1" == 1, [1] == 1, [1, 2] == "1,2", NaN == NaN, true == "1", ({}) == "[object Object]"];
//// strict equality and Object.is
return [NaN === NaN, Object.is(NaN, NaN), 0 === -0, Object.is(0, -0), "a" === "a", [] === []];
//// comparison of mixed types
return ["10" < "9", "10" < 9, null >= 0, undefined >= 0, "a" > "B", [2] > 1, "b" > "a", NaN < 1];
//// typeof
return [typeof 1, typeof "", typeof true, typeof undefined, typeof null, typeof {}, typeof [], typeof (() => 1), typeof Symbol(), typeof 1n, typeof class {}, typeof notDeclared];
//// void and in
return [void 0 === undefined, "a" in { a: 1 }, 0 in [1], 1 in [1], "length" in [], "toString" in {}];
//// instanceof with Symbol.hasInstance
class Even { static [Symbol.hasInstance](n) { return n % 2 === 0; } } return [2 instanceof Even, 3 instanceof Even, [] instanceof Array, [] instanceof Object];
//// plus concatenates
return [1 + "2", "1" + 2, 1 + 2 + "3", "1" + 2 + 3, [] + [], [] + {}, 1 + null, 1 + undefined + "", true + true, "5" - 2];
//// conversion with Symbol.toPrimitive
const o = { [Symbol.toPrimitive](hint) { return hint === "number" ? 42 : hint === "string" ? "s" : "d"; } }; return [+o, `${o}`, o + "", o * 2];
//// conversion with valueOf and toString
const o = { valueOf: () => 3, toString: () => "t" }; return [o + 1, `${o}`, o * 2, String(o), [o] + ""];
//// automatic semicolons
const f = () => {
  return
  1
}
let a = 1
let b = a
++a
return [f() === undefined, a, b]
//// numeric separators and literals
return [1_000_000, 0xff, 0b1010, 0o17, 1e3, .5, 5., 0xFF_FF, 1_0n.toString()];
//// unicode escapes in identifiers
const \u0061bc = 1, ünïcödé = 2, $_ = 3; return [abc, ünïcödé, $_];
//// new.target
function F() { return new.target === F; } const g = () => new F(); function H() { this.t = new.target === undefined; } return [new F() instanceof F, F(), typeof g(), new H().t];
//// globalThis
return [typeof globalThis, globalThis.Array === Array, globalThis === globalThis.globalThis];
//// this is undefined in a module's functions
function f() { return this; } return [f() === undefined, (() => typeof f())()];
//// arguments is not mapped in strict code
function f(a) { arguments[0] = 9; return [a, arguments.length]; } return f(1, 2);
//// strict code refuses writes to what is read-only
const o = Object.freeze({ a: 1 }); try { o.a = 2; return "none"; } catch (e) { return [e.name, o.a]; }
//// strict code refuses undeclared variables
try { undeclared = 1; return "none"; } catch (e) { return e.name; }
//// eval has a scope of its own
var x = 1; const r = eval("var x = 2; x"); return [x, r];
//// indirect eval is global
const x = 1; return [(0, eval)("typeof x"), new Function("a", "b", "return a * b")(3, 4)];
