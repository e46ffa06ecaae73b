// Builds dist/; with --check compares it with a fresh build. Every build is held to its size.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { minify } from "terser";

const BUILDS = [
  { file: "fp.js", source: "fp.js", full: false, format: "iife", most: 4096 },
  { file: "fp.full.js", source: "fp.js", full: true, format: "iife", most: 6144 },
  { file: "fp.mjs", source: "module.js", full: false, format: "esm", most: 4224 },
  { file: "fp.full.mjs", source: "module.js", full: true, format: "esm", most: 6272 },
];
const COMPRESS = { passes: 2, unsafe: true, pure_getters: true, inline: 0, conditionals: false }; // measured: the smallest after gzip

// Chromium then compiles every function while the file streams in, in a thread of its own, instead of each when it is first called.
const HINT = "//# allFunctionsCalledOnLoad";

const here = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const fail = (message) => {
  console.error(message);
  process.exit(1);
};

/** Returns the bundle of `source` as text, before terser. */
const bundle = ({ source, full, format }) =>
  buildSync({
    entryPoints: [join(here, "src", source)],
    bundle: true,
    charset: "utf8",
    define: { __VERSION__: JSON.stringify(version), __FULL__: String(full) },
    format,
    mangleProps: /[a-z]_$/, // of the source only: nothing of the page or the wire ends so
    minifySyntax: true, // names and spaces are left to terser: measured, smaller so
    target: "es2020",
    write: false,
  }).outputFiles[0].text;

const build = async (what) => {
  const module = what.format === "esm";
  const { code } = await minify(bundle(what), { ecma: 2020, toplevel: true, module, compress: COMPRESS, format: { comments: false } });
  const bytes = Buffer.from(`${HINT}\n${code}\n`);
  const size = gzipSync(bytes, { level: 9 }).length;
  if (size > what.most) fail(`${what.file} is ${size} bytes gzipped, ${what.most} are allowed. Make it smaller.`);
  console.log(`${what.file}: ${size} of ${what.most} bytes gzipped`);
  return [what.file, bytes];
};

/** Returns what a page needs for Subresource Integrity: the collector serves each plain file under a path that names its content. */
const integrityOf = (files) => {
  const entries = files
    .filter(([file]) => file.endsWith(".js"))
    .map(([file, bytes]) => {
      const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
      return [file, { path: `/fp.${hash}.js`, integrity: `sha384-${createHash("sha384").update(bytes).digest("base64")}` }];
    });
  return Buffer.from(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
};

const files = await Promise.all(BUILDS.map(build));
files.push(["integrity.json", integrityOf(files)]);
mkdirSync(join(here, "dist"), { recursive: true });
for (const [file, bytes] of files) {
  const target = join(here, "dist", file);
  if (!process.argv.includes("--check")) writeFileSync(target, bytes);
  else if (!readFileSync(target).equals(bytes)) fail(`dist/${file} is not what src/ builds. Run \`npm run build\` in js-snippet and commit it.`);
}
