import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Frame } from "playwright-core";
import { createHub, type Hub } from "../../src/hub/createHub";
import { ParticipantSession } from "../../src/participant/participantSession";
import { paths } from "../../src/protocol/paths";
import { createdRoomSchema } from "../../src/protocol/room";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { useWorkbench } from "../support/useWorkbench";

const ANSWER = "Use **this**:\n\n```ts\nexport const answer = 42;\n```\n\nIt is tested.";

describe("the chat, as a person uses it", () => {
  let hub: Hub;
  let roomCode: string;
  let provider: FakeProvider;
  const sessions: ParticipantSession[] = [];

  const share = async (nickname: string, model: string) => {
    const session = new ParticipantSession({
      hubUrl: hub.url,
      roomCode,
      participantId: `${nickname}-id`,
      nickname,
      endpoint: provider.url,
      model,
      specs: { gpu: "RTX 4090", vram: 24 },
    });
    sessions.push(session);
    await session.start();
  };

  before(async () => {
    hub = await createHub({ port: 0, open: true });
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ name: "Team" });
    const made = await fetch(hub.url + paths.rooms, { method: "POST", headers, body });
    const { data } = (await made.json()) as { data: unknown };
    roomCode = createdRoomSchema.parse(data).room.code;
    provider = await startFakeProvider({
      models: ["llama3:8b", "big:slow", "poor:error-500"],
      answer: () => ANSWER,
      // What came all at once has no speed to show.
      tokensPerSecond: 20,
    });
    await share("Ana", "llama3:8b");
    await share("Bo", "big:slow");
    await share("Cy", "poor:error-500");
  });
  after(async () => {
    await Promise.all(sessions.map((session) => session.stop()));
    await provider.close();
    await hub.close();
  });

  const vscode = useWorkbench(() => ({
    development: true,
    files: { "hello.ts": "// start\n", "other.ts": "export {};\n" },
    settings: {
      "llmRooms.hubUrl": hub.url,
      "llmRooms.roomCode": roomCode,
      "llmRooms.nickname": "Dana",
      "llmRooms.autoJoin": true,
      "editor.minimap.enabled": false,
    },
  }));

  const chat = (): Promise<Frame> => vscode.first.webviewFrame("textarea.composer-input");

  /** Asks a participant and returns the page. */
  async function ask(nickname: string, text: string): Promise<Frame> {
    const frame = await chat();
    await frame.getByRole("combobox").click();
    await frame.getByRole("option", { name: nickname }).click();
    await frame.getByRole("textbox", { name: "Prompt" }).fill(text);
    await frame.getByRole("textbox", { name: "Prompt" }).press("Enter");
    return frame;
  }

  it("opens on a room with its participants to choose from", async () => {
    await vscode.first.openFile("hello.ts");
    await vscode.first.runCommand("LLM Rooms: Open Chat");
    const frame = await chat();
    await frame.getByText("Team").first().waitFor();
    await frame.getByRole("combobox").click();
    await frame.getByRole("option", { name: "Ana llama3:8b · RTX 4090 24 GB free" }).waitFor();
    await frame.getByRole("combobox").press("Escape");
  });

  it("answers with Markdown, who it was and how fast", async () => {
    const frame = await ask("Ana", "How?");
    const row = frame.getByRole("article", { name: "Answer of Ana" });
    await row.getByText("It is tested.").waitFor();
    assert.equal(await row.locator("strong").innerText(), "this");
    await eventually(async () =>
      assert.match(await row.locator(".meta").innerText(), /to first token · .*tokens\/s/),
    );
    assert.equal(await row.locator(".hljs-keyword").first().innerText(), "export");
  });

  it("inserts code into the file that is open, and copies it", async () => {
    const frame = await chat();
    await frame.getByRole("button", { name: "Insert at Cursor" }).click();
    await eventually(async () =>
      assert.match(await vscode.first.editorText(), /export const answer = 42;.*\/\/ start/s),
    );
    await vscode.first.page.keyboard.press("ControlOrMeta+s");
    await eventually(async () =>
      assert.match(await readFile(join(vscode.host.workspace, "hello.ts"), "utf8"), /answer = 42/),
    );
    await frame.getByRole("button", { name: "Copy" }).click();
    await frame.getByText("Copied.").waitFor();
  });

  it("shows a teammate busy while it answers, stops down to the provider, and shows it free again", async () => {
    const frame = await ask("Bo", "Take your time");
    await frame.getByText("word 3").waitFor();
    await eventually(async () => assert.match(await frame.getByRole("combobox").innerText(), /busy/));
    await frame.getByRole("textbox", { name: "Prompt" }).press("Escape");
    await frame.locator(".meta", { hasText: "Stopped" }).waitFor();
    const request = await provider.waitForRequest(({ body }) => body?.model === "big:slow");
    await request.ended;
    assert.equal(request.aborted, true);
    await eventually(async () => assert.match(await frame.getByRole("combobox").innerText(), /free/));
  });

  it("goes on answering while its tab is hidden, and frees the participant when it is closed", async () => {
    const frame = await ask("Bo", "Go on without me");
    await frame.getByText("word 2").last().waitFor();
    const tabs = vscode.first.page.locator(".tabs-container .tab");
    const openHere = vscode.first.page.locator(".editor-group-container.active");
    assert.equal(await openHere.count(), 1);
    await vscode.first.openFile("other.ts");
    await eventually(async () => (await tabs.count()) > 1);
    await vscode.first.runCommand("LLM Rooms: Open Chat");
    const again = await chat();
    await again.getByRole("article", { name: "Answer of Bo" }).last().getByText("word 30").waitFor();
    const request = await provider.waitForRequest(({ body }) =>
      JSON.stringify(body ?? "").includes("Go on without me"),
    );
    await vscode.first.runCommand("View: Close Editor");
    await request.ended;
    assert.equal(request.aborted, true);
    await vscode.first.runCommand("LLM Rooms: Open Chat");
    const reopened = await chat();
    await reopened.locator(".meta", { hasText: "Stopped" }).nth(1).waitFor();
    assert.match(await reopened.getByRole("article", { name: "Answer of Bo" }).last().innerText(), /word 30/);
  });

  it("shows a failure where it happened, and asks another participant instead", async () => {
    const frame = await ask("Cy", "And you?");
    await frame.getByRole("alert").waitFor();
    await frame.getByRole("button", { name: "Ask Another Participant" }).click();
    await vscode.first.pick("Ana");
    await frame.getByRole("article", { name: "Answer of Ana" }).nth(1).getByText("It is tested.").waitFor();
    assert.equal(await frame.getByRole("alert").count(), 0);
  });

  it("keeps conversation, target and draft through a reload of the window", async () => {
    const frame = await chat();
    await frame.getByRole("textbox", { name: "Prompt" }).fill("not sent yet");
    await vscode.first.reload();
    const again = await chat();
    await again.getByRole("article", { name: "Answer of Ana" }).nth(1).waitFor();
    assert.equal(await again.getByRole("textbox", { name: "Prompt" }).inputValue(), "not sent yet");
    await eventually(async () => assert.match(await again.getByRole("combobox").innerText(), /Ana/));
  });

  it("keeps the draft while the hub is lost", async () => {
    const frame = await chat();
    await hub.close();
    await frame.locator(".banner", { hasText: "The hub does not answer" }).waitFor();
    assert.equal(await frame.getByRole("textbox", { name: "Prompt" }).inputValue(), "not sent yet");
  });
});
