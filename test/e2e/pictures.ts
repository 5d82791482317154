// Usage: npm run pictures: makes the README's pictures, from the demo's room in a real workbench.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { eventually } from "../support/eventually";
import { openWorkbench } from "../support/vscodeHost";
import type { Workbench } from "../support/workbench";

const VIEW = "Participants";
const TIMEOUT_MS = 60_000;

async function main(): Promise<void> {
  const demo = spawn(process.execPath, ["dist/cli.js", "demo", "--no-open", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(createInterface({ input: demo.stdout }), "line")) as [string];
    const { hub, room } = JSON.parse(line) as { hub: string; room: string };
    const { first, close } = await openWorkbench({
      development: true,
      pictures: "media",
      files: { "server.ts": SAMPLE },
      settings: {
        "llmRooms.hubUrl": hub,
        "llmRooms.roomCode": room,
        "llmRooms.nickname": "mira",
        "llmRooms.autoJoin": true,
        "workbench.colorTheme": "Default Dark Modern",
        "editor.minimap.enabled": false,
      },
    });
    try {
      await takePictures(first);
    } finally {
      await close();
    }
  } finally {
    const gone = once(demo, "exit");
    demo.kill("SIGTERM");
    await gone;
  }
}

async function takePictures(window: Workbench): Promise<void> {
  await window.openFile("server.ts");
  await window.activityBar("LLM Rooms");
  await eventually(async () => (await window.treeRows(VIEW)).length > 0, { timeoutMs: TIMEOUT_MS });
  console.log(await window.treeRows(VIEW), await window.statusBar());
  console.log(await window.tooltip(window.view(VIEW).locator(".monaco-list-row").first()));
  console.log(await window.screenshot("screenshot-participants"));
}

const SAMPLE = `import { createServer } from "node:http";

/** Answers every request with a greeting. */
export const server = createServer((request, response) => {
  response.end("Hello from " + request.url);
});
`;

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
