import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultNickname } from "../client/defaultNickname";
import type { Closers } from "./closers";
import type { DemoRoom } from "./demoParticipants";

/** Everything that the demo writes; gone when it ends. */
export interface DemoWorkspace {
  /** VS Code's profile, extensions and state. */
  readonly dataDir: string;
  /** The folder that VS Code opens. */
  readonly folder: string;
  /** For the sockets that VS Code leaves behind; undefined where a socket's path would be too long in it. */
  readonly temporaryDir: string | undefined;
}

/** A socket's path is no longer than this on macOS, the strictest, bytes. */
const MAX_SOCKET_PATH = 103;
/** `/vscode-ipc-<uuid>.sock`: the longest of VS Code's. */
const SOCKET_NAME_LENGTH = 53;

export async function makeDemoWorkspace(closers: Closers): Promise<DemoWorkspace> {
  const root = await mkdtemp(join(tmpdir(), "llm-rooms-demo-"));
  // Also where a second Ctrl+C leaves no time for closers.
  const removeAtOnce = () => rmSync(root, { recursive: true, force: true });
  process.once("exit", removeAtOnce);
  closers.add(root, async () => {
    // VS Code may write a last file while its folder goes.
    await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    process.off("exit", removeAtOnce);
  });
  const temporaryDir = join(root, "t");
  const fits = Buffer.byteLength(temporaryDir) + SOCKET_NAME_LENGTH <= MAX_SOCKET_PATH;
  const workspace = {
    dataDir: join(root, "vscode"),
    folder: join(root, "LLM Rooms demo"),
    temporaryDir: fits ? temporaryDir : undefined,
  };
  await Promise.all([mkdir(workspace.folder), mkdir(temporaryDir)]);
  await writeFile(join(workspace.folder, "README.md"), readme);
  await writeFile(
    join(workspace.folder, "try-me.ts"),
    "\n// A code block from the chat goes above this line.\n",
  );
  return workspace;
}

/** The settings that let the extension join the demo's room, in a VS Code without distractions. */
export function demoSettings({ hubUrl, roomCode }: DemoRoom): Record<string, unknown> {
  return {
    "llmRooms.hubUrl": hubUrl,
    "llmRooms.roomCode": roomCode,
    "llmRooms.nickname": defaultNickname(),
    "llmRooms.autoJoin": true,
    "chat.disableAIFeatures": true,
    "extensions.autoCheckUpdates": false,
    // Else VS Code's server announces the port of each hub and provider.
    "remote.autoForwardPorts": false,
    "security.workspace.trust.enabled": false,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    // Shows the folder's README.
    "workbench.startupEditor": "readme",
  };
}

const readme = `# Try LLM Rooms

1. Click the **LLM Rooms** icon in the activity bar: it shows who shares which model.
2. Click the chat icon beside a participant, and ask: *Show me some code*.
3. Open \`try-me.ts\` and insert the code block there.
4. Ask for *a long answer*, see the participant busy, and press **Stop**.
5. Share a model of your own: **LLM Rooms: Share Model** in the command palette (F1).
`;
