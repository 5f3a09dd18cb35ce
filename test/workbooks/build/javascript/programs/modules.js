//// top-level await
const data = await Promise.resolve([1, 2]);
export const main = () => data;
//// top-level await in order
const log = [];
log.push(await Promise.resolve("a"));
for await (const x of [1, 2]) log.push(x);
export const main = () => log;
//// default and named exports
export default function main() { return helper(2); }
export const helper = (x) => x * 2;
export { main };
//// renamed exports
const inner = () => "renamed";
export { inner as main };
//// exports are live
let n = 0;
const up = () => ++n;
up(); up();
export const main = () => [n, up(), n];
//// import.meta
export const main = () => typeof import.meta;
//// a module's own scope
var x = 1; function f() {}
export const main = () => [typeof globalThis.x, typeof globalThis.f, this === undefined];
//// an async main
const wait = () => Promise.resolve(5);
export async function main() { return (await wait()) + 1; }
//// classes and constants of a module
class Point { constructor(x, y) { Object.assign(this, { x, y }); } }
export const origin = new Point(0, 0);
export const main = () => [origin, new Point(1, 2)];
//// functions are there before the module runs
const early = late();
function late() { return "hoisted"; }
export const main = () => early;
//// an object of functions
export const api = { a: () => 1 };
export const main = () => api.a() + 1;
//// state lasts for the instance
const seen = [];
const note = (x) => (seen.push(x), seen.length);
export const main = () => [note("a"), note("b"), seen];
