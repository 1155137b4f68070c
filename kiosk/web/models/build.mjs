// Bundles what draws models, and writes beside it whose work is in it and under which licence.
import { build } from "esbuild";
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";

const out = "../static/dist";
await mkdir(out, { recursive: true });
const { metafile } = await build({
  entryPoints: ["src/models.js"],
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "none",
  metafile: true,
  outfile: `${out}/models.js`,
});

const packages = new Set(
  Object.keys(metafile.inputs)
    .map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
    .filter(Boolean),
);
const parts = ["models.js holds parts of:\n"];
for (const name of [...packages].sort()) {
  const { version, license } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
  const file = ["LICENSE", "LICENSE.md", "LICENCE"].map((one) => `node_modules/${name}/${one}`).find(existsSync);
  if (!file) throw new Error(`${name} names no licence text: it cannot be given on`);
  parts.push(`${name} ${version} (${license})\n\n${(await readFile(file, "utf8")).trim()}\n`);
}
await writeFile(`${out}/licences.txt`, parts.join("\n---\n\n"));
