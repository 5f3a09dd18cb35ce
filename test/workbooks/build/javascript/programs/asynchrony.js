//// await a value and a promise
return [await 1, await Promise.resolve(2), await { then(r) { r(3); } }];
//// the order of microtasks
const o = []; o.push(1); Promise.resolve().then(() => o.push(3)); queueMicrotask(() => o.push(4)); o.push(2); await null; await null; return o;
//// await interleaves
const o = []; const f = async (n) => { for (let i = 0; i < 3; i++) { o.push(n + i); await null; } }; await Promise.all([f("a"), f("b")]); return o;
//// async functions answer promises
const f = async () => 1; return [f() instanceof Promise, await f(), f.constructor.name];
//// a rejection is an exception
const f = async () => { throw new TypeError("no"); }; try { await f(); } catch (e) { return [e.name, e.message]; }
//// catch, then and finally
const o = []; await Promise.reject(1).catch((e) => (o.push("c" + e), 2)).then((v) => o.push("t" + v)).finally(() => o.push("f")); return o;
//// Promise.all
return [await Promise.all([1, Promise.resolve(2), (async () => 3)()]), await Promise.all([Promise.resolve(1), Promise.reject("x")]).catch((e) => e)];
//// Promise.allSettled
return Promise.allSettled([Promise.resolve(1), Promise.reject("no"), 3]);
//// Promise.race
return [await Promise.race([new Promise(() => {}), Promise.resolve("won")]), await Promise.race([Promise.reject("lost")]).catch((e) => e)];
//// Promise.any
return [await Promise.any([Promise.reject(1), Promise.resolve(2)]), await Promise.any([Promise.reject(1), Promise.reject(2)]).catch((e) => [e.name, e.errors])];
//// chains pass values through
return Promise.resolve(1).then(null).then((x) => x + 1).catch(() => 9).then((x) => { throw x; }).then(() => 8, (e) => e * 10);
//// a promise settles once
const p = new Promise((res, rej) => { res(1); rej(2); res(3); throw 4; }); return p;
//// a promise of a promise
return new Promise((r) => r(new Promise((r) => r(Promise.resolve(7)))));
//// throwing in the executor
return new Promise(() => { throw new Error("in there"); }).catch((e) => e.message);
//// an async generator
async function* g() { yield 1; const x = yield Promise.resolve(2); yield x; } const i = g(); return [await i.next(), await i.next(), await i.next("sent"), await i.next()];
//// for await over promises
const o = []; for await (const x of [Promise.resolve(1), 2, Promise.resolve(3)]) o.push(x); return o;
//// for await over an async iterator
const it = { [Symbol.asyncIterator]() { let n = 0; return { next: async () => ({ value: n, done: n++ >= 3 }) }; } }; const o = []; for await (const x of it) o.push(x); return o;
//// an async generator is closed
const o = []; async function* g() { try { yield 1; yield 2; } finally { o.push("closed"); } } for await (const x of g()) { o.push(x); break; } return o;
//// yield* of an async generator
async function* a() { yield 1; return 2; } async function* b() { const r = yield* a(); yield r; } const o = []; for await (const x of b()) o.push(x); return o;
//// try and finally around await
const o = []; const f = async () => { try { o.push("a"); await Promise.reject("x"); } catch (e) { o.push(e); await null; return "r"; } finally { await null; o.push("f"); } }; o.push(await f()); return o;
//// await in parameters' values and templates
const f = async (x) => `${await x}-${(await Promise.all([x, x])).length}`; return f(Promise.resolve("v"));
//// async arrow functions in a class
class A { n = 2; async get() { return this.n; } go = async () => (await this.get()) * 2; } return new A().go();
//// reduce with promises
return [1, 2, 3].reduce(async (acc, x) => (await acc) + x, Promise.resolve(0));
//// a queue with a bound
const run = async (jobs, n) => { const out = []; let i = 0; const worker = async () => { while (i < jobs.length) { const k = i++; out[k] = await jobs[k](); } }; await Promise.all(Array.from({ length: n }, worker)); return out; }; let live = 0, most = 0; const job = (v) => async () => { most = Math.max(most, ++live); await null; live--; return v; }; return [await run([1, 2, 3, 4, 5].map(job), 2), most];
//// thenables are called later
const o = []; Promise.resolve({ then(r) { o.push("then"); r(); } }); o.push("after"); await null; await null; return o;
//// a promise with an error in then
return Promise.resolve().then(() => { null.x; }).catch((e) => e instanceof TypeError);
//// async iteration of a stream
async function* lines(chunks) { let rest = ""; for await (const c of chunks) { rest += c; const parts = rest.split("\n"); rest = parts.pop(); yield* parts; } if (rest) yield rest; } const o = []; for await (const l of lines(["a\nb", "c\n", "d"])) o.push(l); return o;
//// a mutex
class Mutex { #p = Promise.resolve(); lock(f) { return (this.#p = this.#p.then(f, f)); } } const m = new Mutex(), o = []; await Promise.all([1, 2].map((n) => m.lock(async () => { o.push("in" + n); await null; o.push("out" + n); }))); return o;
//// Promise.prototype.then on subclasses
class P extends Promise {} const p = new P((r) => r(1)); return [p.then(() => 2) instanceof P, await p, P.resolve(3) instanceof P];
//// unwrapping does not happen twice
const o = []; const p = Promise.resolve(1); o.push((await p) === 1, Promise.resolve(p) === p); return o;
