// Builds dist/fp.js; with --check compares it with a fresh build and holds it to its size.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const MAX_GZIPPED = 4096;
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "dist", "fp.js");
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

const built = buildSync({
  entryPoints: [join(here, "src", "index.js")],
  banner: { js: `/*! footprint ${version} | Apache-2.0 */` },
  bundle: true,
  charset: "utf8",
  define: { __VERSION__: JSON.stringify(version) },
  format: "iife",
  mangleProps: /_$/, // of the source only: nothing of the page or the wire ends so
  minify: true,
  target: "es2018",
  write: false,
}).outputFiles[0].contents;

const size = gzipSync(built, { level: 9 }).length;
const fail = (message) => {
  console.error(message);
  process.exit(1);
};

if (size > MAX_GZIPPED) fail(`fp.js is ${size} bytes gzipped, ${MAX_GZIPPED} are allowed. Make it smaller.`);
if (!process.argv.includes("--check")) writeFileSync(target, built);
else if (!readFileSync(target).equals(Buffer.from(built))) fail("dist/fp.js is not what src/ builds. Run `npm run build` in js-snippet and commit it.");
console.log(`fp.js: ${size} of ${MAX_GZIPPED} bytes gzipped`);
