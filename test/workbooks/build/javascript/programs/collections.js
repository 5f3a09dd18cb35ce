//// Map keeps the order of insertion
const m = new Map([["b", 1], ["a", 2]]); m.set("c", 3); m.set("b", 9); m.delete("a"); m.set("a", 4); return [[...m], m.size];
//// keys of a Map are compared by SameValueZero
const m = new Map([[NaN, 1], [0, 2]]); m.set(-0, 3); const o = {}; m.set(o, 4); return [m.get(NaN), m.get(0), m.get(o), m.get({}) ?? "none", m.size];
//// Set operations by hand
const a = new Set([1, 2, 3]), b = new Set([2, 3, 4]); return [[...a].filter((x) => b.has(x)), [...new Set([...a, ...b])], [...a].filter((x) => !b.has(x))];
//// forEach of Map and Set
const o = []; new Map([["a", 1]]).forEach((v, k, m) => o.push([k, v, m.size])); new Set([5]).forEach((v, k) => o.push([v, k])); return o;
//// counting words
const m = new Map(); for (const w of "a b a c a".split(" ")) m.set(w, (m.get(w) ?? 0) + 1); return [...m].sort((x, y) => y[1] - x[1] || x[0].localeCompare(y[0]));
//// a Map from an object and back
return Object.fromEntries(new Map(Object.entries({ a: 1, b: 2 })));
//// a least recently used cache
class LRU { constructor(n) { this.n = n; this.m = new Map(); } get(k) { if (!this.m.has(k)) return null; const v = this.m.get(k); this.m.delete(k); this.m.set(k, v); return v; } set(k, v) { this.m.delete(k); this.m.set(k, v); if (this.m.size > this.n) this.m.delete(this.m.keys().next().value); } } const c = new LRU(2); c.set("a", 1); c.set("b", 2); c.get("a"); c.set("c", 3); return [c.get("a"), c.get("b"), c.get("c")];
//// unique by key
const by = (xs, f) => [...new Map(xs.map((x) => [f(x), x])).values()]; return by([{ id: 1, v: "a" }, { id: 2, v: "b" }, { id: 1, v: "c" }], (x) => x.id);
//// a breadth-first search
const g = { a: ["b", "c"], b: ["d"], c: ["d", "e"], d: ["f"], e: ["f"], f: [] }; const q = [["a"]], seen = new Set(["a"]); while (q.length) { const p = q.shift(), n = p.at(-1); if (n === "f") return p; for (const x of g[n]) if (!seen.has(x)) { seen.add(x); q.push([...p, x]); } }
//// a topological sort
const deps = { app: ["lib", "log"], lib: ["core"], log: ["core"], core: [] }; const out = [], done = new Set(); const visit = (n) => { if (done.has(n)) return; done.add(n); deps[n].forEach(visit); out.push(n); }; Object.keys(deps).forEach(visit); return out;
//// a heap
class Heap { a = []; push(x) { this.a.push(x); let i = this.a.length - 1; while (i && this.a[(i - 1) >> 1] > this.a[i]) { const p = (i - 1) >> 1; [this.a[p], this.a[i]] = [this.a[i], this.a[p]]; i = p; } } pop() { const top = this.a[0], last = this.a.pop(); if (this.a.length) { this.a[0] = last; let i = 0; for (;;) { let c = 2 * i + 1; if (c >= this.a.length) break; if (c + 1 < this.a.length && this.a[c + 1] < this.a[c]) c++; if (this.a[i] <= this.a[c]) break; [this.a[i], this.a[c]] = [this.a[c], this.a[i]]; i = c; } } return top; } } const h = new Heap(); [5, 1, 4, 2, 3].forEach((x) => h.push(x)); return [h.pop(), h.pop(), h.pop(), h.pop(), h.pop()];
//// union-find
const p = [...Array(6).keys()], find = (x) => (p[x] === x ? x : (p[x] = find(p[x]))), join = (a, b) => (p[find(a)] = find(b)); join(0, 1); join(2, 3); join(1, 3); return [find(0) === find(2), find(4) === find(5)];
//// a trie
const t = {}; for (const w of ["car", "cat", "dog"]) { let n = t; for (const c of w) n = n[c] ??= {}; n.$ = true; } const all = (n, s = "") => Object.entries(n).flatMap(([k, v]) => (k === "$" ? [s] : all(v, s + k))); return all(t);
//// the sieve of Eratosthenes
const n = 50, s = Array(n + 1).fill(true); for (let i = 2; i * i <= n; i++) if (s[i]) for (let j = i * i; j <= n; j += i) s[j] = false; return s.flatMap((p, i) => (p && i > 1 ? [i] : []));
//// the game of life
const next = (g) => g.map((r, y) => r.map((c, x) => { let n = 0; for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) if (dx || dy) n += g[y + dy]?.[x + dx] ?? 0; return +(n === 3 || (c && n === 2)); })); return next(next([[0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]));
//// the distance of words
const d = (a, b) => { let p = [...Array(b.length + 1).keys()]; for (let i = 1; i <= a.length; i++) { const q = [i]; for (let j = 1; j <= b.length; j++) q[j] = Math.min(p[j] + 1, q[j - 1] + 1, p[j - 1] + (a[i - 1] !== b[j - 1])); p = q; } return p[b.length]; }; return [d("kitten", "sitting"), d("", "abc"), d("same", "same")];
//// eight queens
let n = 0; const place = (r, c = [], d = [], e = []) => { if (r === 8) { n++; return; } for (let i = 0; i < 8; i++) if (!c.includes(i) && !d.includes(r + i) && !e.includes(r - i)) place(r + 1, [...c, i], [...d, r + i], [...e, r - i]); }; place(0); return n;
//// matrices
const mul = (a, b) => a.map((r) => b[0].map((_, j) => r.reduce((s, x, k) => s + x * b[k][j], 0))); return [mul([[1, 2], [3, 4]], [[5, 6], [7, 8]]), [[1, 2], [3, 4]][0].map((_, i) => [[1, 2], [3, 4]].map((r) => r[i]))];
//// Roman numerals
const r = (n) => [[1000, "M"], [900, "CM"], [500, "D"], [400, "CD"], [100, "C"], [90, "XC"], [50, "L"], [40, "XL"], [10, "X"], [9, "IX"], [5, "V"], [4, "IV"], [1, "I"]].reduce((s, [v, l]) => { while (n >= v) { s += l; n -= v; } return s; }, ""); return [r(1994), r(2024), r(49)];
//// an interpreter of arithmetic
const calc = (s) => { const t = s.match(/\d+|[-+*/()]/g); const atom = () => { const x = t.shift(); if (x === "(") { const v = sum(); t.shift(); return v; } return +x; }; const prod = () => { let v = atom(); while (/[*/]/.test(t[0] ?? "")) v = t.shift() === "*" ? v * atom() : v / atom(); return v; }; const sum = () => { let v = prod(); while (/[-+]/.test(t[0] ?? "")) v = t.shift() === "+" ? v + prod() : v - prod(); return v; }; return sum(); }; return [calc("1+2*3"), calc("(1+2)*3-4/2"), calc("2*(3+(4-1))")];
//// comma-separated values
const parse = (s) => s.trim().split("\n").map((l) => [...l.matchAll(/("([^"]|"")*"|[^,]*)(,|$)/g)].slice(0, -1).map((m) => m[1].replace(/^"|"$/g, "").replaceAll('""', '"'))); return parse('a,b\n1,"x, ""y"""\n');
