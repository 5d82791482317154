// Before `npm test` and `npm start`: installs what package-lock.json names where that has not been done yet. Runs on a
// fresh checkout, with whatever Node is there; every script after it finds Node 24 in node_modules/.bin.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";

const LOWEST_NODE_MAJOR = 20;

if (Number.parseInt(process.versions.node, 10) < LOWEST_NODE_MAJOR) {
  fail(
    `Node ${LOWEST_NODE_MAJOR} or later is needed; this is ${process.versions.node}. See https://nodejs.org.`,
  );
}

// npm writes the second file at the end of each installation.
if (!(changedAt("node_modules/.package-lock.json") >= changedAt("package-lock.json"))) {
  console.log("Installing dependencies …");
  // Not `npm ci`: it refuses a lock file that lacks the optional packages of other platforms, which not every registry has.
  const args = ["install", "--no-save"];
  const npm = process.env.npm_execpath;
  const { status, error } = npm
    ? spawnSync(process.execPath, [npm, ...args], { stdio: "inherit" })
    : spawnSync("npm", args, { stdio: "inherit", shell: process.platform === "win32" });
  if (error || status !== 0)
    fail("They could not be installed. See that `npm ping` works, then run: npm install");
}

function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function fail(message) {
  console.error(message);
  if (process.env.npm_lifecycle_event === "pretest") console.log("0 passed, 1 failed");
  process.exit(1);
}
