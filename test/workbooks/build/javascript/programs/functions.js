//// default parameters see those before them
const f = (a, b = a * 2, c = () => a + b) => [a, b, c()]; return [f(1), f(1, 5), f(1, undefined, () => 0)];
//// rest and spread
const f = (a, ...rest) => [a, rest.length, ...rest]; return f(...[1, 2], 3, ...new Set([4, 5]));
//// destructured parameters
const f = ({ a, b: { c = 3, ...d } = {} } = {}, [e, , g = 7, ...h] = []) => [a ?? null, c, d, e ?? null, g, h]; return [f(), f({ a: 1, b: { c: 2, x: 9 } }, [1, 2, undefined, 4, 5])];
//// length and name
const o = { m() {}, get g() { return 1; }, ["c" + 1]: () => {}, async *ag() {} }; return [((a, b = 1, c) => {}).length, (function (a, ...b) {}).length, o.m.name, o.c1.name, o.ag.name, (() => {}).name, Object.getOwnPropertyDescriptor(o, "g").get.name, (function () {}).bind().name];
//// functions are hoisted
const r = f(); function f() { return "up"; } return r;
//// functions in blocks
{ function g() { return 1; } } return typeof g;
//// a named function expression sees itself
const f = function fact(n) { return n < 2 ? 1 : n * fact(n - 1); }; return f(10);
//// call, apply and bind
function f(a, b) { return [this.x, a, b]; } const o = { x: 1 }; return [f.call(o, 2, 3), f.apply(o, [4, 5]), f.bind(o, 6)(7), f.bind(o).bind({ x: 9 }, 1)(2)];
//// arrows have the outer this
class A { x = 5; get = () => this.x; } const { get } = new A(); return get();
//// currying
const curry = (f) => function g(...a) { return a.length >= f.length ? f(...a) : (...b) => g(...a, ...b); }; const add = curry((a, b, c) => a + b + c); return [add(1)(2)(3), add(1, 2)(3), add(1)(2, 3)];
//// composition
const pipe = (...fs) => (x) => fs.reduce((v, f) => f(v), x); return pipe((x) => x + 1, (x) => x * 2, String)(4);
//// memoisation
const memo = (f, cache = new Map()) => (x) => cache.has(x) ? cache.get(x) : (cache.set(x, f(x)), cache.get(x)); let n = 0; const fib = memo((x) => (n++, x < 2 ? x : fib(x - 1) + fib(x - 2))); return [fib(50), n];
//// mutual recursion
const even = (n) => n === 0 || odd(n - 1), odd = (n) => n !== 0 && even(n - 1); return [even(100), odd(7), even(7)];
//// a counter in a closure
const make = () => { let n = 0; return { up: () => ++n, get n() { return n; } }; }; const a = make(), b = make(); a.up(); a.up(); b.up(); return [a.n, b.n];
//// an immediately invoked function
return (function (x) { return x + 1; })(1) + (() => 2)() + (async () => 3 instanceof Object)().constructor.name.length;
//// tagged templates
const tag = (strings, ...values) => strings.raw.map((s, i) => s + (values[i] ?? "")).join("|"); return [tag`a${1}\n${2}c`, String.raw`\u00e9${1}\n`];
//// the strings of a tagged template are the same at each call
const seen = new Set(); const tag = (s) => seen.add(s); const f = () => tag`x`; f(); f(); tag`x`; return seen.size;
//// the strings of a tagged template are frozen
return ((s) => [Object.isFrozen(s), Object.isFrozen(s.raw)])`x`;
//// a bad escape in a tagged template
const tag = (s) => [s[0] === undefined, s.raw[0]]; return tag`\unicode`;
//// templates nest
const list = ["a", "b"]; return `<${list.map((x) => `[${x}${`!`.repeat(2)}]`).join("")}>`;
//// templates over lines
return `one
two\
three`;
//// getters and setters
const o = { _x: 1, get x() { return this._x * 10; }, set x(v) { this._x = v; } }; o.x = 5; return [o.x, Object.keys(o)];
//// the text of a function
function add(a, b) { return a + b; } return [add.toString(), (x => x * 2).toString(), class A { m() {} }.toString()];
//// a function with properties
function f() { return ++f.count; } f.count = 0; f(); f(); return [f.count, Object.keys(f)];
//// the text of deep recursion is a RangeError
const f = () => f() + 1; try { f(); return "none"; } catch (e) { return e instanceof RangeError; }
//// arguments and iteration
function f() { return [...arguments].map((x) => x * 2).concat(Array.prototype.slice.call(arguments, 1)); } return f(1, 2, 3);
//// the order of evaluation
const o = []; const t = (x) => (o.push(x), x); ({ [t("a")]: t(1), [t("b")]: t(2) }); t("f") + t("g") * t("h"); [t("i")][(t("j"), 0)]; return o;
//// default parameters are evaluated at each call
let n = 0; const f = (x = ++n) => x; f(); f(); return [f(9), f(), n];
//// callbacks with this
return [1, 2].map(function (x) { return x * this.k; }, { k: 10 });
//// a trampoline goes deep
const tramp = (f) => (...a) => { let r = f(...a); while (typeof r === "function") r = r(); return r; }; const sum = tramp(function s(n, acc = 0) { return n ? () => s(n - 1, acc + n) : acc; }); return sum(20000);
//// the Y combinator
const Y = (f) => ((x) => x(x))((x) => f((y) => x(x)(y))); return Y((f) => (n) => n ? n * f(n - 1) : 1)(6);
