import assert from "node:assert/strict";
import { join } from "node:path";
import { HubClient } from "../../src/client/hubClient";
import { createHub, type Hub } from "../../src/hub/createHub";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { askParticipant, chatPage, chooseModel, participantsBecome, saysOf } from "../support/roomSteps";
import { useWorkbench } from "../support/useWorkbench";
import type { Workbench } from "../support/workbench";

/** A window's extensions start when all else has, and a reloaded one waits for what it was before to end. */
const START_TIMEOUT_MS = 90_000;
const MINE = "Kim: you · holds";

describe("two windows of one person", () => {
  let hub: Hub;
  let client: HubClient;
  let provider: FakeProvider;
  let roomCode: string;
  let second: Workbench;

  before(async () => {
    hub = await createHub({ port: 0, open: true });
    client = new HubClient(hub.url);
    roomCode = (await client.createRoom({ name: "Team" })).room.code;
    provider = await startFakeProvider({ models: ["holds", "llama3:8b"] });
  });
  after(async () => {
    await provider.close();
    await hub.close();
  });

  const vscode = useWorkbench(() => ({
    development: true,
    files: { "hello.ts": "export {};\n", "other/hello.ts": "export {};\n" },
    settings: {
      "llmRooms.hubUrl": hub.url,
      "llmRooms.roomCode": roomCode,
      "llmRooms.nickname": "Kim",
      "llmRooms.share.generation.temperature": 0.2,
    },
  }));

  it("both join the room by themselves", async () => {
    // VS Code opens a folder in one window only.
    second = await vscode.host.openWindow({ folder: join(vscode.host.workspace, "other") });
    for (const window of [vscode.first, second]) {
      await window.statusBarItem("Team · 0").waitFor({ timeout: START_TIMEOUT_MS });
      await window.activityBar("LLM Rooms");
    }
  });

  it("share a model after a confirmation of what teammates can do and see", async () => {
    const { first } = vscode;
    await first.toFront();
    await chooseModel(first, { url: provider.url, model: "holds" });
    const dialog = await first.dialog();
    assert.match(dialog, /Share holds in Team\?/);
    assert.match(dialog, /They see your nickname \(Kim\).*generation defaults \(temperature 0\.2\)/s);
    assert.match(dialog, /They cannot.*The provider's key stays on this machine/s);
    assert.deepEqual(await client.listParticipants(roomCode), []);
    await first.press("Share");
    await participantsBecome(first, [new RegExp(`^${MINE}`)]);
    await saysOf(first, "holds", /^Kim, online, you, holds/);
    await first.treeRow("Sharing", "holds").waitFor();
  });

  it("show it as mine in the one that does not share it, which cannot share it twice", async () => {
    await saysOf(second, "holds", /^Kim, online, you, holds/);
    await second.view("Sharing").getByText("Another window of yours shares").waitFor();
    await second.toFront();
    // VS Code takes a while to tell a window what another one wrote into the settings: the URL, here.
    const known = second.page.locator(".quick-input-list .monaco-list-row", { hasText: provider.url });
    await eventually(async () => {
      await second.runCommand("LLM Rooms: Share Model");
      await second.page.locator(".quick-input-list .monaco-list-row", { hasText: "Other URL" }).waitFor();
      if (await known.isVisible()) return;
      await second.page.keyboard.press("Escape");
      throw new Error("The provider of the other window is not offered.");
    });
    await second.pick(provider.url);
    // What was shared last is ticked.
    await second.page.locator(".quick-input-widget", { hasText: "1 Selected" }).waitFor();
    await second.page.keyboard.press("Enter");
    await second.press("Share");
    await second.openNotifications();
    await eventually(async () =>
      assert.match((await second.notifications()).join(), /Another window of yours is sharing holds/),
    );
    await second.runCommand("Notifications: Clear All Notifications");
    assert.equal((await client.listParticipants(roomCode)).length, 1);
    await vscode.first.treeRow("Sharing", "holds").waitFor();
  });

  it("chat from the one, and show busy in both while the other serves", async () => {
    const { first } = vscode;
    const page = await askParticipant(second, "Kim", "Count");
    await page.getByText("held 3").first().waitFor();
    await first.statusBarItem("serving 1").waitFor();
    await saysOf(first, "holds", /busy.*serving 1/);
    await eventually(async () => assert.equal(await first.badge("LLM Rooms"), "1"));
    await first.treeRow("Sharing", "runs for").waitFor();
    await saysOf(second, "holds", /^Kim, busy/);
    await eventually(async () =>
      assert.match((await page.getByRole("combobox").getAttribute("aria-label")) ?? "", /busy/),
    );
  });

  it("stop the answer in the one: the provider is freed, and both show online", async () => {
    const { first } = vscode;
    const request = await provider.waitForRequest(({ body }) => body?.model === "holds");
    assert.equal(request.body?.temperature, 0.2);
    const page = await chatPage(second);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped", { exact: true }).waitFor();
    await request.ended;
    assert.equal(request.aborted, true);
    for (const window of [first, second]) await saysOf(window, "holds", /^Kim, online/);
    await first.statusBarItem("serving").waitFor({ state: "hidden" });
    await eventually(async () => assert.equal(await first.badge("LLM Rooms"), ""));
  });

  it("come back after a reload: the one to its share, the other to its conversation and draft", async () => {
    const { first } = vscode;
    await (await chatPage(second)).getByRole("textbox", { name: "Prompt" }).fill("to be sent later");
    for (const window of [first, second]) {
      await window.toFront();
      await window.reload();
    }
    const page = await chatPage(second);
    await page.getByRole("article", { name: "Answer of Kim" }).getByText("held 3").waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Prompt" }).inputValue(), "to be sent later");
    for (const window of [first, second]) {
      await window.activityBar("LLM Rooms");
      await window.statusBarItem("Team · 1").waitFor({ timeout: START_TIMEOUT_MS });
      await saysOf(window, "holds", /^Kim, online/);
    }
    await first.treeRow("Sharing", "holds").waitFor({ timeout: START_TIMEOUT_MS });
    await second.view("Sharing").getByText("Another window of yours shares").waitFor();
  });

  it("leave one at a time, and the share goes with its own", async () => {
    const { first } = vscode;
    await second.toFront();
    await second.runCommand("LLM Rooms: Leave Room");
    await second.statusBarItem("LLM Rooms").waitFor();
    await saysOf(first, "holds", /^Kim, online/);
    await first.toFront();
    await first.runCommand("LLM Rooms: Leave Room");
    assert.match(await first.dialog(), /You share holds in the room that you leave/);
    await first.press("Stop Sharing and Leave");
    await first.statusBarItem("LLM Rooms").waitFor();
    await eventually(async () => assert.deepEqual(await client.listParticipants(roomCode), []));
  });
});
