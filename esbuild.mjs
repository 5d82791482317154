// Bundles the product into dist/, and with --tests the test suites into dist/test/.
import { readdir, rm } from "node:fs/promises";
import { context } from "esbuild";

const watch = process.argv.includes("--watch");
const production = process.argv.includes("--production");
const withTests = process.argv.includes("--tests");

const common = {
  bundle: true,
  sourcemap: production ? false : "linked",
  minify: production,
  logLevel: "warning",
  legalComments: "none",
};
// VS Code 1.104 runs Node 22, the terminal program Node 20 and later.
const node = { ...common, platform: "node", target: "node20", format: "cjs" };

const builds = [
  { ...node, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", external: ["vscode"] },
  {
    ...node,
    entryPoints: ["src/cli/main.ts"],
    outfile: "dist/cli.js",
    banner: { js: "#!/usr/bin/env node" },
  },
  {
    ...common,
    platform: "browser",
    target: "chrome128",
    format: "iife",
    entryPoints: { chat: "src/webview/main.ts" },
    outdir: "dist/webview",
    tsconfig: "src/webview/tsconfig.json",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
  },
];

if (withTests) {
  const files = await readdir("test", { recursive: true });
  const tests = files.filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
  const inHost = (name) => /^test[\\/]vscode[\\/]/.test(name);
  builds.push({
    ...node,
    target: "node22",
    packages: "external",
    entryPoints: tests.filter((name) => !inHost(name)),
    outdir: "dist/test",
    outbase: "test",
  });
  // Loaded by VS Code itself, so that mocha and its cases must be one file beside the `vscode` module.
  builds.push({
    ...node,
    target: "node22",
    entryPoints: ["test/vscode/index.ts"],
    outfile: "dist/test/vscode/index.js",
    external: ["vscode", "mocha"],
  });
}

if (!watch) await rm("dist", { recursive: true, force: true });
const contexts = await Promise.all(builds.map((options) => context(options)));
await Promise.all(contexts.map((each) => (watch ? each.watch() : each.rebuild())));
if (!watch) await Promise.all(contexts.map((each) => each.dispose()));
else console.log("[watch] ready");
