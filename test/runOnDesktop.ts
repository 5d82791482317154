// Usage: npm run test:desktop: downloads a desktop VS Code and runs test/vscode inside it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runTests } from "@vscode/test-electron";

async function main(): Promise<void> {
  const workspace = await mkdtemp(join(tmpdir(), "llm-rooms-"));
  try {
    await runTests({
      extensionDevelopmentPath: process.cwd(),
      extensionTestsPath: resolve("dist/test/vscode/index.js"),
      launchArgs: [workspace, "--disable-extensions", "--disable-workspace-trust", "--skip-welcome"],
    });
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

void main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.error(
    "Where VS Code cannot be downloaded or has no display, `npm test` runs the same tests in its server.",
  );
  process.exitCode = 1;
});
