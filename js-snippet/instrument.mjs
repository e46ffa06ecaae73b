// Builds the snippet with counters into the folder named, for `python -m tests.js_snippet.coverage`; writes lines.json, the lines that can run.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import instrumentation from "istanbul-lib-instrument";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2];
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const lines = {};

const counted = {
  name: "counted",
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.js$/ }, ({ path }) => {
      const options = { esModules: true, coverageVariable: "__fp_counts", coverageGlobalScopeFunc: false, coverageGlobalScope: "globalThis" };
      const instrumenter = instrumentation.createInstrumenter(options);
      const contents = instrumenter.instrumentSync(readFileSync(path, "utf8"), basename(path));
      const { statementMap } = instrumenter.lastFileCoverage();
      lines[basename(path)] = [...new Set(Object.values(statementMap).map(({ start }) => start.line))];
      return { contents };
    });
  },
};

// Says which lines ran, also when the page is left: these listeners come after the snippet's own.
const FOOTER = `;(() => {
  if (typeof window === "undefined" || window.__fp_ran) return;
  window.__fp_ran = () => Object.entries(__fp_counts).map(([file, { s, statementMap }]) =>
    [file, Object.keys(s).filter((id) => s[id]).map((id) => statementMap[id].start.line)]);
  const say = () => console.debug("fp-coverage " + JSON.stringify(__fp_ran()));
  addEventListener("pagehide", say);
  addEventListener("visibilitychange", say);
})();`;

mkdirSync(target, { recursive: true });
for (const [file, source, full, format] of [
  ["fp.js", "fp.js", false, "iife"],
  ["fp.full.js", "fp.js", true, "iife"],
  ["fp.mjs", "module.js", false, "esm"],
]) {
  await build({
    entryPoints: [join(here, "src", source)],
    bundle: true,
    define: { __VERSION__: JSON.stringify(version), __FULL__: String(full) },
    footer: { js: FOOTER },
    format,
    mangleProps: /[a-z]_$/,
    outfile: join(target, file),
    plugins: [counted],
    target: "es2020",
  });
}
const digest = createHash("sha384").update(readFileSync(join(target, "fp.js"))).digest("base64");
writeFileSync(join(target, "integrity.json"), JSON.stringify({ "fp.js": { path: "/fp.js", integrity: `sha384-${digest}` } }));
writeFileSync(join(target, "lines.json"), JSON.stringify(lines));
