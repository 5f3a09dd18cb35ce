//// stringify
return JSON.stringify({ a: [1, "x", null, undefined, () => 1, NaN], b: undefined, c: { d: true }, e: new Date(0), f: Symbol() });
//// indentation
return [JSON.stringify({ a: [1, { b: 2 }], c: [] , d: {} }, null, 2), JSON.stringify([1], null, "--")];
//// a replacer
return [JSON.stringify({ a: 1, b: 2, c: { a: 3 } }, ["a", "c"]), JSON.stringify({ a: 1, b: "x" }, (k, v) => (typeof v === "number" ? v * 2 : v))];
//// a reviver
return JSON.parse('{"a":[1,2],"b":{"c":3}}', (k, v) => (typeof v === "number" ? v + 1 : v));
//// toJSON
return JSON.stringify({ x: { toJSON(k) { return "key " + k; } }, d: new Date(Date.UTC(2024, 0, 2)) });
//// escapes
return [JSON.stringify('"\\\n\u0001\u2028é🦀'), JSON.parse('"\\u0041\\n\\ud83e\\udd80"'), JSON.stringify("\ud800")];
//// bad JSON
return ["{", "[1,]", "{'a':1}", "01", "1 2", "", "undefined", "NaN", '"\n"'].map((s) => { try { JSON.parse(s); return "fine"; } catch (e) { return e.name; } });
//// cycles are refused
const o = {}; o.o = o; try { JSON.stringify(o); } catch (e) { return e.name; }
//// scalars
return [JSON.stringify("a"), JSON.stringify(null), JSON.stringify(undefined) ?? "nothing", JSON.parse("  1.5e3 "), JSON.parse("-0") === 0];
//// the order of keys
return JSON.stringify({ z: 1, a: 2, 5: 3, 1: 4 });
//// __proto__ in JSON
return Object.keys(JSON.parse('{"__proto__": 1, "a": 2}'));
//// what a block returns of dates and boxes
return { d: new Date(86400000), n: new Number(1), s: new String("s"), b: new Boolean(false), u: undefined, f() {}, nested: [undefined, () => 1] };
//// nested deep, within reason
let v = 1; for (let i = 0; i < 100; i++) v = [v]; return JSON.stringify(v).length;
