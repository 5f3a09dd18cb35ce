// Runs the programs of a file (a JSON array of modules) under Node, each in a context of its
// own, and prints what each answers: `{"outcomes": [{"ok": value} | {"error": text}]}`.
import { readFileSync } from "node:fs";
import vm from "node:vm";

async function outcome(source) {
  try {
    const context = vm.createContext({ queueMicrotask });
    const module = new vm.SourceTextModule(source, { context, initializeImportMeta() {} });
    await module.link((name) => {
      throw new TypeError(`'${name}' cannot be imported`);
    });
    await module.evaluate();
    return { ok: JSON.parse(JSON.stringify(await module.namespace.main()) ?? "null") };
  } catch (error) {
    return { error: `${error}` };
  }
}

const outcomes = [];
for (const source of JSON.parse(readFileSync(process.argv[2], "utf8"))) outcomes.push(await outcome(source));
console.log(JSON.stringify({ node: process.versions.node, outcomes }));
