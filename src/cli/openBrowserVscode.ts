import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Closers } from "./closers";
import type { DemoWorkspace } from "./demoWorkspace";
import { ensureVscodeServer } from "./ensureVscodeServer";
import { findServerNode, startVscodeServer } from "./vscodeServer";

export interface BrowserOptions {
  productDir: string;
  workspace: DemoWorkspace;
  settings: Record<string, unknown>;
  log: (line: string) => void;
  signal: AbortSignal;
}

/** Starts VS Code's server with the extension installed. Resolves to the one URL to open. @throws HumanError */
export async function openBrowserVscode(options: BrowserOptions, closers: Closers): Promise<string> {
  const { productDir, workspace, settings, log, signal } = options;
  const node = findServerNode(productDir);
  const serverDir = await ensureVscodeServer({ log, signal });
  const extensionsDir = join(workspace.dataDir, "extensions");
  await installCopy(productDir, extensionsDir);
  const { temporaryDir } = workspace;
  const server = await startVscodeServer({
    node,
    serverDir,
    dataDir: workspace.dataDir,
    extensionsDir,
    settings,
    // XDG_RUNTIME_DIR would win over TMPDIR.
    ...(temporaryDir && { env: { TMPDIR: temporaryDir, XDG_RUNTIME_DIR: temporaryDir } }),
  });
  closers.add("VS Code's server", () => server.close());
  return server.urlFor({ folder: workspace.folder });
}

/** What the package would run from, copied to where VS Code looks for extensions: packaging one takes far longer. */
async function installCopy(productDir: string, extensionsDir: string): Promise<void> {
  const text = await readFile(join(productDir, "package.json"), "utf8");
  const { publisher, name, version } = manifestSchema.parse(JSON.parse(text));
  const target = join(extensionsDir, `${publisher}.${name}-${version}`);
  await mkdir(target, { recursive: true });
  for (const part of ["package.json", "media", "dist/extension.js", "dist/cli.js", "dist/webview"]) {
    await cp(join(productDir, part), join(target, part), {
      recursive: true,
      filter: (source) => !source.endsWith(".map"),
    });
  }
}

const manifestSchema = z.object({ publisher: z.string(), name: z.string(), version: z.string() });
