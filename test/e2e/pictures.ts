// Usage: npm run pictures: makes the README's picture, from the demo's room in a real workbench.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { eventually } from "../support/eventually";
import { packagedVsix } from "../support/packagedVsix";
import { openWorkbench } from "../support/vscodeHost";
import type { Workbench } from "../support/workbench";

const VIEW = "Participants";
const TIMEOUT_MS = 60_000;

async function main(): Promise<void> {
  const demo = spawn(process.execPath, ["dist/cli.js", "demo", "--no-open", "--built-in", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(createInterface({ input: demo.stdout }), "line")) as [string];
    const { hub, room } = JSON.parse(line) as { hub: string; room: string };
    const { first, close } = await openWorkbench({
      // Packaged: a window with an extension under development says so in its title.
      vsix: await packagedVsix(),
      pictures: "media",
      files: { "words.ts": SAMPLE },
      settings: {
        "llmRooms.hubUrl": hub,
        "llmRooms.roomCode": room,
        "llmRooms.nickname": "mira",
        "llmRooms.autoJoin": true,
        "workbench.colorTheme": "Default Dark Modern",
        "editor.minimap.enabled": false,
        "window.title": "team-app",
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
  await window.activityBar("LLM Rooms");
  await eventually(async () => (await window.treeRows(VIEW)).length > 2, { timeoutMs: TIMEOUT_MS });
  await window.openFile("words.ts");
  await window.runCommand("LLM Rooms: Open Chat");
  const page = await window.webviewFrame("textarea");
  await page.getByLabel("Prompt").fill("Show me some code");
  await page.getByLabel("Prompt").press("Enter");
  await page.getByRole("button", { name: "Retry" }).waitFor({ timeout: TIMEOUT_MS });
  console.log(await window.screenshot("screenshot"));
}

const SAMPLE = `/** The words of a text, by how often it uses them. */
export function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().split(/\\W+/)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}
`;

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
