import assert from "node:assert/strict";
import { join } from "node:path";
import { createHub, type Hub } from "../../src/hub/createHub";
import { ParticipantSession } from "../../src/participant/participantSession";
import { type CuttableLine, openCuttableLine } from "../support/cuttableLine";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { useWorkbench } from "../support/useWorkbench";
import type { Workbench } from "../support/workbench";

/** A window's extensions start when all else has; one that comes back also waits for what it was before to end. */
const START_TIMEOUT_MS = 90_000;

describe("a room and what is shared in it, as a person sees them", () => {
  let hub: Hub;
  let line: CuttableLine;
  let provider: FakeProvider;
  let roomCode: string;
  let teammate: ParticipantSession;

  before(async () => {
    hub = await createHub({ port: 0, open: true });
    line = await openCuttableLine(hub.port);
    provider = await startFakeProvider({ models: ["llama3:8b", "holds"] });
    roomCode = await makeRoom("Team");
    await makeRoom("Secret", "right");
    teammate = new ParticipantSession({
      hubUrl: hub.url,
      roomCode,
      participantId: "mira",
      nickname: "Mira",
      endpoint: provider.url,
      model: "llama3:8b",
      specs: { gpu: "NVIDIA GeForce RTX 4090", vram: 24, cpu: "Ryzen 9", ram: 64 },
      config: { temperature: 0.7 },
    });
    await teammate.start();
  });
  after(async () => {
    await teammate.stop();
    await provider.close();
    await line.close();
    await hub.close();
  });

  const vscode = useWorkbench(() => ({
    development: true,
    settings: { "llmRooms.hubUrl": line.url, "llmRooms.share.specs": ["cpu", "ram"] },
    files: {
      "hello.ts": "export {};\n",
      "proposing/.vscode/settings.json": JSON.stringify({
        "llmRooms.workspaceRoom": { hubUrl: line.url, roomCode },
        "llmRooms.hubUrl": "http://127.0.0.1:1",
        "llmRooms.nickname": "Mallory",
      }),
    },
  }));

  it("asks again for a wrong password, and Esc ends it", async () => {
    const { first } = vscode;
    await first.activityBar("LLM Rooms");
    await eventually(async () =>
      assert.match(await first.welcome("Participants"), /Join Room[\s\S]*Host Room/),
    );
    await first.runCommand("LLM Rooms: Join Room");
    await first.pick("Secret");
    await first.answer("Kim", "What teammates see of you");
    await first.answer("wrong", "Password of the room");
    await first.page.locator(".quick-input-message", { hasText: /password/i }).waitFor();
    await first.page.keyboard.press("Escape");
    await first.quickInput().waitFor({ state: "hidden" });
    assert.deepEqual(await first.notifications(), []);
  });

  it("joins a room that the hub lists, and shows who is there", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Join Room");
    await first.pick("Team");
    await first.answer("Kim", "What teammates see of you");
    await rowsBecome(first, ["Kim: you · not sharing", "Mira: llama3:8b · RTX 4090 24 GB"]);
    await first.statusBarItem("Team · 1").waitFor();
    const tooltip = await first.tooltip(first.treeRow("Participants", "Mira"));
    for (const text of [
      /NVIDIA GeForce RTX 4090/,
      /24 GB/,
      /Ryzen 9/,
      /64 GB/,
      /temperature 0\.7/,
      /online/,
    ]) {
      assert.match(tooltip, text);
    }
  });

  it("shares a model after a confirmation that says what teammates can do and see", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Share Model");
    await first.pick("Other URL");
    await first.answer(provider.url, "OpenAI-compatible");
    await first.page.locator(".quick-input-widget", { hasText: "holds" }).waitFor();
    await first.pick("holds");
    await first.page.keyboard.press("Enter");
    const dialog = await first.dialog();
    assert.match(dialog, /Share holds in Team\?/);
    assert.match(dialog, /send prompts[\s\S]*They see[\s\S]*They cannot/);
    await first.press("Share");
    await rowsBecome(first, ["Kim: you · holds", "Mira: llama3:8b · RTX 4090 24 GB"]);
    await first.treeRow("Sharing", "holds").waitFor();
  });

  it("shows busy while it serves and online after", async () => {
    const { first } = vscode;
    const answer = fetch(`${hub.url}/rooms/${roomCode}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "holds", messages: [{ role: "user", content: "hello" }], user: "Grace" }),
    });
    await first.statusBarItem("serving 1").waitFor();
    await first.treeRow("Participants", "serving 1").waitFor();
    await first.treeRow("Sharing", "runs for").waitFor();
    await first.treeRow("Sharing", "Grace").waitFor();
    await eventually(async () => {
      const [mine] = await first.treeRows("Participants");
      assert.match(mine?.ariaLabel ?? "", /busy/);
    });
    provider.release();
    assert.equal((await answer).status, 200);
    await rowsBecome(first, ["Kim: you · holds", "Mira: llama3:8b · RTX 4090 24 GB"]);
    await first.treeRow("Sharing", "1 served").waitFor();
    await first.view("Sharing").getByText("today · 1 request").waitFor();
  });

  it("shows as mine in a second window, which can ask the first to stop", async () => {
    const second = await vscode.host.openWindow();
    try {
      await second.activityBar("LLM Rooms");
      await second.statusBarItem("Team").waitFor({ timeout: START_TIMEOUT_MS });
      await rowsBecome(second, ["Kim: you · holds", "Mira: llama3:8b · RTX 4090 24 GB"]);
      await second.contextMenu(second.treeRow("Participants", "holds"), "Stop Sharing");
      for (const window of [vscode.first, second]) {
        await window.toFront();
        await rowsBecome(window, ["Kim: you · not sharing", "Mira: llama3:8b · RTX 4090 24 GB"]);
      }
      // Neither takes over what was stopped.
      assert.deepEqual(await nicknames(), ["Mira"]);
    } finally {
      await second.close();
      await vscode.first.toFront();
    }
  });

  it("comes back after a reload, with what was shared", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Share Model");
    await first.pick(provider.url);
    // Ticked, since it was shared last.
    await first.page.locator(".quick-input-widget", { hasText: "1 Selected" }).waitFor();
    await first.page.keyboard.press("Enter");
    await first.press("Share");
    await first.treeRow("Sharing", "holds").waitFor();
    await first.reload();
    await first.activityBar("LLM Rooms");
    await first.treeRow("Sharing", "holds").waitFor({ timeout: START_TIMEOUT_MS });
    await rowsBecome(first, ["Kim: you · holds", "Mira: llama3:8b · RTX 4090 24 GB"]);
  });

  it("stays greyed while the hub is lost, and is live when it is back", async () => {
    const { first } = vscode;
    line.cut();
    await first.view("Participants").getByText("The hub is lost").waitFor();
    await eventually(async () => {
      const labels = (await first.treeRows("Participants")).map(({ ariaLabel }) => ariaLabel);
      assert.ok(labels.length === 2 && labels.every((label) => label.includes("last known")), labels.join());
    });
    line.mend();
    await first.view("Participants").getByText("The hub is lost").waitFor({ state: "hidden" });
    await rowsBecome(first, ["Kim: you · holds", "Mira: llama3:8b · RTX 4090 24 GB"]);
  });

  it("makes no room where its user would rather stay in this one", async () => {
    const { first } = vscode;
    const before = await roomsOfHub();
    await first.runCommand("LLM Rooms: Host Room");
    await first.answer("Another", "What teammates see in the list of rooms");
    await first.answer("", "Leave it empty for none");
    assert.match(await first.dialog(), /You share holds in the room that you leave/);
    await first.page.keyboard.press("Escape");
    await first.page.locator(".monaco-dialog-box").waitFor({ state: "hidden" });
    await rowsBecome(first, ["Kim: you · holds", "Mira: llama3:8b · RTX 4090 24 GB"]);
    assert.equal(await roomsOfHub(), before);
  });

  it("is left after asking, stays left after a reload, and nothing of mine is in it", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Leave Room");
    assert.match(await first.dialog(), /You share holds in the room that you leave/);
    await first.press("Stop Sharing and Leave");
    await eventually(async () => assert.match(await first.welcome("Participants"), /Join Room/));
    await eventually(async () => assert.deepEqual(await nicknames(), ["Mira"]));
    await first.reload();
    await first.activityBar("LLM Rooms");
    await first.statusBarItem("LLM Rooms").waitFor({ timeout: START_TIMEOUT_MS });
    await eventually(async () => assert.match(await first.welcome("Participants"), /Join Room/));
  });

  it("is offered once where a workspace proposes it, and nothing else of the workspace counts", async () => {
    const folder = join(vscode.host.workspace, "proposing");
    const window = await vscode.host.openWindow({ folder });
    try {
      await window.statusBarItem("LLM Rooms").waitFor({ timeout: START_TIMEOUT_MS });
      // Not every VS Code shows as a toast what is said while it starts.
      await window.runCommand("Notifications: Show Notifications");
      await eventually(async () => {
        const offers = (await window.notifications()).join("\n");
        assert.match(offers, new RegExp(`This workspace proposes the room ${roomCode}`));
      });
      await window.press("Join Room");
      await window.activityBar("LLM Rooms");
      await rowsBecome(window, ["Kim: you · not sharing", "Mira: llama3:8b · RTX 4090 24 GB"]);
    } finally {
      await window.close();
    }
  });

  async function rowsBecome(window: Workbench, expected: string[]): Promise<void> {
    await eventually(async () => {
      const rows = await window.treeRows("Participants");
      assert.deepEqual(
        rows.map(({ label, description }) => `${label}: ${description}`),
        expected,
      );
    });
  }

  async function makeRoom(name: string, password?: string): Promise<string> {
    const answer = await fetch(`${hub.url}/v1/rooms`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, ...(password && { password }) }),
    });
    return ((await answer.json()) as { data: { room: { code: string } } }).data.room.code;
  }

  async function roomsOfHub(): Promise<string | undefined> {
    const metrics = await (await fetch(`${hub.url}/metrics`)).text();
    return /^llm_rooms_rooms \d+$/m.exec(metrics)?.[0] ?? assert.fail("no count of rooms");
  }

  async function nicknames(): Promise<string[]> {
    const answer = await fetch(`${hub.url}/v1/rooms/${roomCode}/participants`);
    const { data } = (await answer.json()) as { data: { nickname: string }[] };
    return data.map(({ nickname }) => nickname);
  }
});
