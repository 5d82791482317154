// Bundles the product into dist/, and with --tests the test suites into dist/test/.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { context } from "esbuild";

const watch = process.argv.includes("--watch");
const production = process.argv.includes("--production");
const withTests = process.argv.includes("--tests");

const shared = {
  bundle: true,
  sourcemap: production ? false : "linked",
  minify: production,
  // The plugin below reports; it is what the editor's problem matcher reads.
  logLevel: "silent",
  // Whole licences instead: see writeNotices.
  legalComments: "none",
  metafile: production,
};
// VS Code 1.104 runs Node 22, the terminal program Node 20 and later.
const node = {
  ...{ ...shared, platform: "node", target: "node20", format: "cjs" },
  // Else `ws` would look for a native module.
  alias: { bufferutil: "./src/net/bufferutil.ts" },
};

const builds = [
  {
    ...node,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    external: ["vscode"],
    // zod looks for Cloudflare's; VS Code logs an error for whoever looks while it is new in Node.
    define: { navigator: "undefined" },
  },
  {
    ...node,
    entryPoints: ["src/cli/main.ts"],
    outfile: "dist/cli.js",
    banner: { js: "#!/usr/bin/env node" },
  },
  {
    ...shared,
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
  // Each test is a bundle of its own, loaded by mocha: in Node, or inside VS Code, which gives it `vscode`.
  const files = await readdir("test", { recursive: true });
  builds.push({
    ...node,
    target: "node22",
    packages: "external",
    external: ["vscode"],
    entryPoints: [
      ...files.filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`),
      "test/runInNode.ts",
      "test/runInVscode.ts",
      "test/runOnDesktop.ts",
      "test/vscode/index.ts",
      "test/e2e/pictures.ts",
      "test/bench/main.ts",
      "test/bench/provider.ts",
      "test/bench/requester.ts",
      "test/bench/crowd.ts",
      "test/bench/floor.ts",
    ],
    outdir: "dist/test",
    outbase: "test",
  });
}

/** Prints each round's beginning, problems (one a line) and end in the form that .vscode/tasks.json knows. */
const reporter = {
  name: "reporter",
  setup(build) {
    build.onStart(() => {
      if (watch) console.log("[watch] build started");
    });
    build.onEnd(({ errors, warnings }) => {
      for (const error of errors) console.error(line("error", error));
      for (const warning of warnings) console.error(line("warning", warning));
      if (watch) console.log("[watch] build finished");
    });
  },
};

function line(severity, { text, location }) {
  if (!location) return `${severity}: ${text}`;
  return `${location.file}:${location.line}:${location.column + 1}: ${severity}: ${text}`;
}

// Only what this run makes anew: packaging must leave the test bundles alone.
const made = ["dist/extension.js", "dist/extension.js.map", "dist/cli.js", "dist/cli.js.map", "dist/webview"];
if (withTests) made.push("dist/test");
if (!watch) await Promise.all(made.map((path) => rm(path, { recursive: true, force: true })));

const contexts = await Promise.all(builds.map((build) => context({ ...build, plugins: [reporter] })));
if (watch) await Promise.all(contexts.map((each) => each.watch()));
else {
  const results = await Promise.allSettled(contexts.map((each) => each.rebuild()));
  await Promise.all(contexts.map((each) => each.dispose()));
  // The problems themselves have been printed.
  if (results.some(({ status }) => status === "rejected")) process.exitCode = 1;
  else if (production) await writeNotices(results.map(({ value }) => value.metafile));
}

/** The licences of all that was bundled, as they ask to be passed on. A package without one fails the build. */
async function writeNotices(metafiles) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(
    inputs.flatMap((path) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []),
  );
  const notices = [...folders].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    if (!file) throw new Error(`${name} comes without a licence.`);
    return `${name} ${version} (${license})\n\n${(await readFile(`${folder}/${file}`, "utf8")).trim()}\n`;
  });
  await writeFile(
    "dist/THIRD-PARTY-NOTICES.txt",
    (await Promise.all(notices)).join(`\n${"-".repeat(80)}\n\n`),
  );
}
