//// the kinds of errors
const t = (f) => { try { f(); } catch (e) { return e.name; } }; return [t(() => null.x), t(() => undefined()), t(() => nope), t(() => new Array(-1)), t(() => decodeURI("%")), t(() => eval("1 +")), t(() => (1).toFixed(101)), t(() => Symbol() + "")];
//// message, name and cause
const e = new Error("outer", { cause: new TypeError("inner") }); return [e.message, e.cause.message, Object.hasOwn(new Error("x"), "cause"), String(e), e.toString(), Object.keys(e)];
//// AggregateError
const e = new AggregateError([1, new Error("x")], "many"); return [e.name, e.errors.length, e.message];
//// errors without new
return [Error("a") instanceof Error, TypeError("b").name, Object.prototype.toString.call(new RangeError())];
//// rethrowing
const f = () => { try { throw new Error("a"); } catch (e) { throw new Error("b", { cause: e }); } }; try { f(); } catch (e) { return [e.message, e.cause.message]; }
//// a stack is text
return [typeof new Error("x").stack, new Error("x") instanceof Object];
//// a name of its own
class NotFound extends Error { get name() { return "NotFound"; } } return [String(new NotFound("x")), new NotFound("x") instanceof NotFound];
//// syntax errors of functions made at run time
try { new Function("return ]"); } catch (e) { return e instanceof SyntaxError; }
//// results in place of exceptions
const safe = (f) => { try { return { ok: f() }; } catch (e) { return { error: e.name }; } }; return [safe(() => 1), safe(() => null.x)];
//// retries
let n = 0; const retry = async (f, k) => { for (let i = 0; ; i++) try { return await f(); } catch (e) { if (i >= k) throw e; } }; return [await retry(async () => { if (++n < 3) throw new Error("x"); return n; }, 5), await retry(async () => { throw new Error("always"); }, 2).catch((e) => e.message)];
//// recursion that ends in an error goes on afterwards
let d = 0; const f = () => { d++; f(); }; try { f(); } catch (e) { return [e instanceof RangeError, d > 500, (() => 1)()]; }
//// a getter that throws
const o = { get x() { throw new RangeError("get"); } }; try { const { x } = o; } catch (e) { return e.message; }
