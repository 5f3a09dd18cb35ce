//// keys are in order
return Object.keys({ b: 1, 10: 1, a: 1, 2: 1 });
//// shorthand, computed names and methods
const a = 1, k = "x"; const o = { a, [k + 1]: 2, m() { return this.a; }, "quoted key": 3, 7: 4 }; return [o, o.m()];
//// spread and rest
const { a, ...rest } = { a: 1, b: 2, c: 3 }; return [rest, { ...rest, b: 9, ...{ d: 4 } }];
//// destructuring with defaults and new names
const { a: x = 10, b: { c: [, y] = [] } = {}, z = x } = { b: { c: [1, 2] } }; return [x, y, z];
//// swapping
let a = 1, b = 2; [a, b] = [b, a]; const o = {}; ({ p: o.q, r: [o.s] } = { p: 1, r: [2] }); return [a, b, o];
//// Object.entries and fromEntries
const o = { a: 1, b: 2 }; return [Object.entries(o), Object.fromEntries(Object.entries(o).map(([k, v]) => [v, k])), Object.values(o)];
//// Object.assign
const o = { a: 1 }; const r = Object.assign(o, { b: 2 }, null, { a: 3 }, "xy"); return [r === o, o];
//// freezing, sealing, preventing
const f = Object.freeze({ a: { b: 1 } }), s = Object.seal({ a: 1 }), p = Object.preventExtensions({ a: 1 }); f.a.b = 2; s.a = 2; return [f, s, Object.isFrozen(f), Object.isSealed(s), Object.isExtensible(p)];
//// property descriptors
const o = {}; Object.defineProperty(o, "x", { value: 1, enumerable: false }); return [Object.getOwnPropertyDescriptor(o, "x"), Object.keys(o), JSON.stringify(o), o.x];
//// defining several properties
const o = Object.defineProperties({}, { a: { get: () => 5, enumerable: true }, b: { value: 2, writable: true } }); o.b = 3; return [o.a, o.b, Object.keys(o)];
//// Object.create
const p = { hi() { return "hi " + this.n; } }; const o = Object.create(p, { n: { value: "x" } }); return [o.hi(), Object.getPrototypeOf(o) === p, Object.create(null).toString === undefined];
//// symbols as keys
const s = Symbol("s"); const o = { [s]: 1, a: 2 }; return [o[s], Object.keys(o), Object.getOwnPropertySymbols(o).length, s.description, s.toString(), Symbol.for("k") === Symbol.for("k"), Symbol.keyFor(Symbol.for("k"))];
//// hasOwn
return [Object.hasOwn({ a: 1 }, "a"), Object.hasOwn({}, "toString"), ({ a: 1 }).hasOwnProperty("a"), Object.hasOwn(Object.create({ a: 1 }), "a")];
//// __proto__ in literals
const p = { x: 1 }; const a = { __proto__: p }, b = { ["__proto__"]: p }; return [a.x, Object.hasOwn(b, "__proto__"), Object.keys(a)];
//// deleting
const o = { a: 1, b: 2 }; return [delete o.a, delete o.none, o, (() => { try { delete Object.freeze({ x: 1 }).x; } catch (e) { return e.name; } })()];
//// getters on prototypes see the object
const p = { get full() { return this.a + this.b; } }; return Object.assign(Object.create(p), { a: "x", b: "y" }).full;
//// comparing structures
const eq = (a, b) => a === b || (typeof a === "object" && typeof b === "object" && a && b && Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((k) => eq(a[k], b[k]))); return [eq({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), eq({ a: 1 }, { a: 2 })];
//// a deep copy
const copy = (v) => Array.isArray(v) ? v.map(copy) : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, copy(x)])) : v; const o = { a: [1, { b: 2 }] }, c = copy(o); c.a[1].b = 3; return [o, c];
//// grouping by reduce
return ["apple", "avocado", "bean"].reduce((g, w) => ({ ...g, [w[0]]: [...(g[w[0]] ?? []), w] }), {});
//// the prototype of a literal
return [Object.getPrototypeOf({}) === Object.prototype, Object.setPrototypeOf({ a: 1 }, { b: 2 }).b, Object.prototype.isPrototypeOf.call(Array.prototype, [])];
//// getOwnPropertyDescriptors
const o = { get a() { return 1; }, b: 2 }; const d = Object.getOwnPropertyDescriptors(o); return [typeof d.a.get, d.b.value, Object.keys(Object.defineProperties({}, d))];
//// valueOf of boxes
return [new Number(3) + 1, typeof new String("a"), new Boolean(false) ? 1 : 2, Object(1n) + 1n === 2n, new String("abc").length];
//// an object as a dictionary
const d = Object.create(null); for (const w of "the cat the dog".split(" ")) d[w] = (d[w] || 0) + 1; return d;
//// Reflect.ownKeys
return Reflect.ownKeys({ b: 1, 1: 1, [Symbol.iterator]: 1, a: 1 }).map(String);
//// chains of methods
const b = { s: [], add(x) { this.s.push(x); return this; }, build() { return this.s.join("-"); } }; return b.add(1).add(2).build();
//// a linked list
const list = [3, 2, 1].reduce((next, v) => ({ v, next }), null); let n = list, o = []; while (n) { o.push(n.v); n = n.next; } return o;
//// structures with accessors on arrays' holes
const a = [1, , 3]; return [1 in a, a.length, a.map((x) => x * 2), Object.keys(a), a.flat()];
