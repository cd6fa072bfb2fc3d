// Writes src/wire.ts, or the file after --out, from the JSON Schema of a page (or what --name says) on standard input.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";
import { format, resolveConfig } from "prettier";

const home = new URL("../src/wire.ts", import.meta.url);
const said = (option: string) => {
  const asked = process.argv.indexOf(option);
  return asked > 0 ? process.argv[asked + 1] : undefined;
};
const target = said("--out") ?? home;
const name = said("--name") ?? "Page";
const written = name === "Page" ? "page/wire.py" : "studio/wire.py";

interface Node {
  [key: string]: unknown;
}

/** Titles of properties would each become a type of their own. */
function withoutPropertyTitles(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutPropertyTitles);
  if (typeof node !== "object" || node === null) return node;
  const kept: Node = {};
  for (const [key, value] of Object.entries(node)) kept[key] = withoutPropertyTitles(value);
  const properties = kept["properties"] as Record<string, Node> | undefined;
  for (const property of Object.values(properties ?? {})) delete property["title"];
  return tupleItems(kept);
}

/** The compiler knows tuples by their older spelling. */
function tupleItems(node: Node): Node {
  if (!("prefixItems" in node)) return node;
  const { prefixItems, ...rest } = node;
  return { ...rest, items: prefixItems };
}

const schema = JSON.parse(readFileSync(0, "utf8"));
const source = await compile(withoutPropertyTitles(schema) as object, name, {
  bannerComment: `/* Written by \`npm run types\` from src/striate/${written}. Change it there. */`,
  additionalProperties: false,
  format: false,
});
const options = await resolveConfig(home);
writeFileSync(target, await format(source, { ...options, parser: "typescript" }));
