//// fields and methods
class P { x = 1; y = this.x + 1; sum() { return this.x + this.y; } static z = 3; } return [new P().sum(), P.z, Object.keys(new P())];
//// inheritance and super
class A { constructor(n) { this.n = n; } hi() { return "A" + this.n; } static make() { return new this(7); } } class B extends A { constructor() { super(5); } hi() { return "B" + super.hi(); } } return [new B().hi(), B.make().hi(), B.make() instanceof A];
//// private members
class C { #x = 1; #inc() { return ++this.#x; } get x() { return this.#inc(); } static #count = 0; static n() { return ++C.#count; } static has(o) { return #x in o; } } const c = new C(); return [c.x, c.x, C.n(), C.has(c), C.has({}), Object.keys(c)];
//// private members are checked
class C { #x = 1; static get(o) { return o.#x; } } try { C.get({}); return "none"; } catch (e) { return e.name; }
//// private accessors
class T { #c = 0; get #f() { return this.#c * 9 / 5 + 32; } set #f(v) { this.#c = (v - 32) * 5 / 9; } run() { this.#f = 212; return [this.#c, this.#f]; } } return new T().run();
//// static blocks
class S { static a = []; static { this.a.push(1); } static b = this.a.length; static { S.a.push(S.b); } } return S.a;
//// computed names
const k = "dyn"; class C { [k + 1]() { return 1; } static [k] = 2; get [`${k}G`]() { return 3; } } return [new C().dyn1(), C.dyn, new C().dynG];
//// accessors are inherited
class A { get v() { return 1; } set v(x) { this.s = x; } } class B extends A { get v() { return super.v + 1; } set v(x) { super.v = x * 2; } } const b = new B(); b.v = 4; return [b.v, b.s];
//// class expressions
const C = class Named { who() { return Named.name; } }; return [new C().who(), C.name, (class {}).name];
//// a class must be called with new
class C {} try { C(); return "none"; } catch (e) { return e.name; }
//// super before this
class A {} class B extends A { constructor() { try { this.x = 1; } catch (e) { super(); this.e = e.name; } } } return new B().e;
//// a constructor that returns an object
class A { constructor() { return { other: true }; } } class B extends A { constructor() { super(); this.added = 1; } } return new B();
//// extending Array
class L extends Array { last() { return this[this.length - 1]; } } const l = L.from([1, 2, 3]); return [l.last(), l.map((x) => x * 2) instanceof L, l.filter(Boolean).length, new L(3).length];
//// extending Error
class MyError extends Error { constructor(m, code) { super(m); this.name = "MyError"; this.code = code; } } try { throw new MyError("no", 4); } catch (e) { return [e instanceof MyError, e instanceof Error, `${e}`, e.code]; }
//// extending Map
class D extends Map { get(k) { return super.has(k) ? super.get(k) : 0; } inc(k) { return this.set(k, this.get(k) + 1); } } return [...new D().inc("a").inc("a").inc("b")];
//// extending null
class N extends null { static s() { return 1; } } return [N.s(), Object.getPrototypeOf(N.prototype) === null];
//// extending an expression
const mix = (B) => class extends B { extra() { return "x" + super.base(); } }; class Base { base() { return "b"; } } class C extends mix(Base) {} return new C().extra();
//// Symbol.species
class L extends Array { static get [Symbol.species]() { return Array; } } return [new L(1, 2).map((x) => x) instanceof L, new L(1, 2).map((x) => x).length];
//// toString and Symbol.toStringTag
class C { get [Symbol.toStringTag]() { return "Mine"; } } return [`${new C()}`, Object.prototype.toString.call([]), Object.prototype.toString.call(null), Object.prototype.toString.call(new Date(0))];
//// methods are not enumerable
class C { m() {} static s() {} get g() { return 1; } } return [Object.keys(C.prototype), Object.keys(C), Object.getOwnPropertyNames(C.prototype)];
//// the prototype chain
class A {} class B extends A {} return [Object.getPrototypeOf(B) === A, Object.getPrototypeOf(B.prototype) === A.prototype, B.prototype.constructor === B, new B().constructor.name];
//// fields are defined, not assigned
class A { set x(v) { this.set = true; } } class B extends A { x = 1; } return [new B().x, new B().set ?? "not set"];
//// fields of functions keep this
class B { n = 1; inc = () => ++this.n; } const { inc } = new B(); inc(); return inc();
//// the order of initialisation
const o = []; class A { a = o.push("A.a"); constructor() { o.push("A"); } } class B extends A { b = o.push("B.b"); constructor() { o.push("before"); super(); o.push("after"); } } new B(); return o;
//// generator methods
class T { constructor(...v) { this.v = v; } *[Symbol.iterator]() { for (const x of this.v) yield x; } async *a() { yield* this.v; } } const out = []; for await (const x of new T(1, 2).a()) out.push(x); return [[...new T(3, 4)], out];
//// functions as constructors
function P(x) { this.x = x; } P.prototype.get = function () { return this.x; }; return [new P(3).get(), new P(1) instanceof P, P.prototype.constructor === P];
//// Reflect.construct with another new.target
class A { constructor() { this.t = new.target.name; } } class B {} const o = Reflect.construct(A, [], B); return [o.t, o instanceof B, o instanceof A];
//// mixins with Object.assign
const fly = { fly() { return this.name + " flies"; } }; class Bird { constructor(n) { this.name = n; } } Object.assign(Bird.prototype, fly); return new Bird("owl").fly();
//// static inheritance and this
class A { static x = 1; static get() { return this.x; } } class B extends A { static x = 2; } class C extends A {} return [A.get(), B.get(), C.get(), Object.hasOwn(C, "x")];
//// super in object literals
const a = { hi() { return "a"; } }; const b = { __proto__: a, hi() { return super.hi() + "b"; } }; return b.hi();
//// abstract classes
class Shape { constructor() { if (new.target === Shape) throw new TypeError("abstract"); } area() { return 0; } } class Sq extends Shape { constructor(s) { super(); this.s = s; } area() { return this.s ** 2; } } try { new Shape(); } catch (e) { return [e.message, new Sq(3).area()]; }
//// an accessor on the class
class C { static #n = 0; static get n() { return C.#n; } static set n(v) { C.#n = v * 2; } } C.n = 4; return C.n;
