//// get and set
const log = []; const p = new Proxy({}, { get: (t, k) => (log.push("get " + String(k)), t[k] ?? "none"), set: (t, k, v) => { log.push(`set ${k}`); t[k] = v * 2; return true; } }); p.a = 2; return [p.a, p.b, log];
//// has and deleteProperty
const p = new Proxy({ a: 1 }, { has: (t, k) => k.startsWith("x"), deleteProperty: (t, k) => k !== "a" }); let e = null; try { delete p.a; } catch (x) { e = x.name; } return ["xy" in p, "a" in p, delete p.b, e];
//// ownKeys
const p = new Proxy({}, { ownKeys: () => ["a", "b"], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) }); return [Object.keys(p), { ...p }];
//// apply and construct
const p = new Proxy(function () {}, { apply: (t, self, a) => a.length, construct: (t, a) => ({ made: a[0] }) }); return [p(1, 2, 3), new p("x")];
//// invariants are kept
const p = new Proxy(Object.freeze({ a: 1 }), { get: () => 2 }); try { return p.a; } catch (e) { return e.name; }
//// revocable
const { proxy, revoke } = Proxy.revocable({ a: 1 }, {}); const a = proxy.a; revoke(); try { proxy.a; } catch (e) { return [a, e.name]; }
//// negative indexes
const a = (x) => new Proxy(x, { get: (t, k, r) => typeof k === "string" && /^-\d+$/.test(k) ? t[t.length + +k] : Reflect.get(t, k, r) }); return [a([1, 2, 3])[-1], a([1, 2, 3]).length];
//// the receiver
const base = new Proxy({}, { get: (t, k, r) => (k === "me" ? r : undefined) }); const o = Object.create(base); return o.me === o;
//// a proxy of an array is an array
const p = new Proxy([1, 2], {}); p.push(3); return [Array.isArray(p), p.length, p.map((x) => x + 1), JSON.stringify(p)];
//// defineProperty and getPrototypeOf
const p = new Proxy({}, { defineProperty: (t, k, d) => Reflect.defineProperty(t, k, { ...d, value: "changed" }), getPrototypeOf: () => Array.prototype }); p.x = 1; return [p.x, p instanceof Array];
//// Reflect's functions
const o = { a: 1 }; return [Reflect.has(o, "a"), Reflect.get({ get x() { return this.y; } }, "x", { y: 2 }), Reflect.set(o, "b", 2), Reflect.ownKeys(o), Reflect.apply(Math.max, null, [1, 3]), Reflect.deleteProperty(o, "a"), Reflect.isExtensible(o), Reflect.set(Object.freeze({}), "x", 1)];
//// validation
const v = new Proxy({}, { set(t, k, x) { if (k === "age" && !Number.isInteger(x)) throw new TypeError("age"); t[k] = x; return true; } }); v.age = 3; try { v.age = "x"; } catch (e) { return [v.age, e.message]; }
//// a set that answers false throws in strict code
const p = new Proxy({}, { set: () => false }); try { p.x = 1; } catch (e) { return e.name; }
//// methods on the fly
const api = new Proxy({}, { get: (_, k) => (...a) => `${k}(${a})` }); return [api.find(1, 2), api.x()];
//// observing changes
const seen = []; const watch = (o, path = []) => new Proxy(o, { get: (t, k) => (t[k] && typeof t[k] === "object" ? watch(t[k], [...path, k]) : t[k]), set: (t, k, v) => (seen.push([...path, k].join(".")), (t[k] = v), true) }); const o = watch({ a: { b: 1 } }); o.a.b = 2; o.c = 3; return [seen, o.a.b];
//// WeakMap holds private data
const data = new WeakMap(); class A { constructor(x) { data.set(this, x); } get x() { return data.get(this); } } const a = new A(4); return [a.x, data.has(a), data.has({}), data.delete(a), a.x ?? "gone"];
//// WeakSet and WeakRef
const o = {}; const s = new WeakSet([o]); return [s.has(o), s.has({}), new WeakRef(o).deref() === o];
//// what a WeakMap refuses
try { new WeakMap().set(1, 2); } catch (e) { return e.name; }
//// well-known symbols
return [typeof Symbol.iterator, Symbol.asyncIterator.toString(), Symbol("a") === Symbol("a"), [Symbol.toStringTag, Symbol.hasInstance].map((s) => s.description)];
//// Symbol.isConcatSpreadable
const a = { length: 2, 0: "x", 1: "y", [Symbol.isConcatSpreadable]: true }, b = [9]; b[Symbol.isConcatSpreadable] = false; return [[1].concat(a).length, [1].concat(b).length];
//// Symbol.match, replace, search and split
const r = { [Symbol.replace]: (s, v) => `R${s}${v}`, [Symbol.split]: (s) => ["S", s], [Symbol.search]: () => 42, [Symbol.match]: () => null }; return ["a".replace(r, "b"), "c".split(r), "d".search(r), "e".match(r)];
//// symbols cannot become strings by accident
try { return `${Symbol("x")}`; } catch (e) { return e.name; }
