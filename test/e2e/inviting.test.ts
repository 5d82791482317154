import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HubClient } from "../../src/client/hubClient";
import { streamChat } from "../../src/client/streamChat";
import { ParticipantSession } from "../../src/participant/participantSession";
import { type Invite, readInvite } from "../../src/protocol/invite";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { processesWith } from "../support/processes";
import { askParticipant, participantsBecome, saysOf } from "../support/roomSteps";
import { useWorkbench } from "../support/useWorkbench";

/** Nobody else's; where it is taken the hub takes another one, which the invite names. */
const PREFERRED_PORT = 47_613;

describe("a protected room, as its host and a guest see it", () => {
  let provider: FakeProvider;
  let invite: Invite;
  let guest: ParticipantSession;
  const asking = new AbortController();

  const vscode = useWorkbench(() => ({
    development: true,
    settings: {
      "llmRooms.hubUrl": `http://127.0.0.1:${PREFERRED_PORT}`,
      "llmRooms.nickname": "Kim",
      "llmRooms.autoJoin": true,
    },
  }));
  const hubs = () => processesWith("cli.js", "--exit-when-idle", `--port\0${PREFERRED_PORT}\0`);
  const copied = () => vscode.first.page.evaluate<string>("navigator.clipboard.readText()");

  before(async () => {
    provider = await startFakeProvider({ models: ["llama3:8b", "qwen3:slow"] });
  });
  after(async () => {
    asking.abort();
    await guest?.stop();
    for (const pid of await hubs()) process.kill(pid);
    await provider.close();
  });

  it("is hosted, protected by default, and its invite is there to copy", async () => {
    const { first } = vscode;
    await first.activityBar("LLM Rooms");
    await first.view("Participants").getByRole("button", { name: "Host Room" }).click();
    await first.answer("Guild", "list of rooms");
    await first.answer("", "Leave it empty for none");
    await first.pick("This machine only");
    await first.statusBarItem("Guild · 0").waitFor();
    await first.view("Participants").getByText("Guild · protected").waitFor();
    await first.openNotifications();
    await first.press("Copy Invite Link");
    await eventually(async () => assert.match(await copied(), /:\/\/llm-rooms\.llm-rooms\/join\?/));
    const read = readInvite(await copied());
    assert.ok(read?.memberToken);
    invite = read;
    await first.screenshot("ui-hosted");
    await assert.rejects(new HubClient(invite.hubUrl).getRoom(invite.roomCode));
  });

  it("lets a guest share with what the invite holds", async () => {
    guest = new ParticipantSession({
      ...invite,
      participantId: "ada",
      nickname: "Ada",
      endpoint: provider.url,
      model: "qwen3:slow",
      specs: { gpu: "RTX 4090", vram: 24 },
    });
    await guest.start();
    await participantsBecome(vscode.first, ["Kim: you · not sharing", /^Ada: qwen3:slow/]);
  });

  it("shows the place in the queue while the one who is asked is busy, and Stop leaves it", async () => {
    const { first } = vscode;
    const { hubUrl, roomCode, memberToken } = invite;
    const messages = [{ role: "user", content: "a long one" }] as const;
    const other = streamChat({
      ...{ hubUrl, roomCode, token: memberToken, model: "ada", messages, user: "Bo" },
      signal: asking.signal,
    });
    await other.next();
    await other.next();
    // A row that is drawn anew at the moment of a click tells its command of nobody.
    await saysOf(first, "qwen3:slow", /busy/);
    const page = await askParticipant(first, "Ada", "And mine?");
    await page.locator(".progress", { hasText: "Waiting for Ada · place 1" }).waitFor();
    await page.getByRole("button", { name: "Ask Another Participant" }).waitFor();
    await first.screenshot("ui-queued");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".meta", { hasText: "Stopped" }).waitFor();
    asking.abort();
    await other.return(undefined);
  });

  it("is renamed by its host", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Rename Room");
    await first.answer("Guild Hall", "What teammates see");
    await first.statusBarItem("Guild Hall · 1").waitFor();
  });

  it("loses a participant whom its host removes, after a question", async () => {
    const { first } = vscode;
    await first.contextMenu(first.treeRow("Participants", "Ada"), "Remove Participant");
    assert.match(await first.dialog(), /Remove Ada's qwen3:slow from the room\?/);
    await first.screenshot("ui-remove");
    await first.press("Remove");
    await eventually(async () => assert.deepEqual(await first.treeRows("Participants"), []));
    await eventually(() => assert.equal(guest.state.state, "stopped"));
  });

  it("gets another key from its host, who stays in it and hands out a new invite", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Change Room Key");
    await first.screenshot("ui-change-key");
    await first.press("Change Key");
    await first.openNotifications();
    await eventually(async () => assert.match((await first.notifications()).join(), /has a new key/));
    await first.press("Copy Invite Link");
    await eventually(async () =>
      assert.notEqual(readInvite(await copied())?.memberToken, invite.memberToken),
    );
    const old = new HubClient(invite.hubUrl, { token: invite.memberToken });
    await assert.rejects(old.getRoom(invite.roomCode));
    await first.statusBarItem("Guild Hall · 0").waitFor();
    invite = readInvite(await copied()) ?? assert.fail("no invite");
  });

  it("is there again with its hub, which the window starts anew", async () => {
    const { first } = vscode;
    for (const pid of await hubs()) process.kill(pid, "SIGKILL");
    await first.page.locator(".statusbar-item.warning-kind", { hasText: "Guild Hall" }).waitFor();
    await first.reload();
    await first.statusBarItem("Guild Hall · 0").waitFor();
    const { hubUrl, memberToken, roomCode } = invite;
    assert.equal((await new HubClient(hubUrl, { token: memberToken }).getRoom(roomCode)).name, "Guild Hall");
  });

  it("N6: is joined by a pasted invite, after a question that says where it leads", async () => {
    const { first } = vscode;
    const link = `vscode://llm-rooms.llm-rooms/join?${new URLSearchParams({
      hub: invite.hubUrl,
      room: invite.roomCode,
      token: invite.memberToken ?? "",
    })}`;
    await first.runCommand("LLM Rooms: Leave Room");
    await first.statusBarItem("LLM Rooms").waitFor();
    await first.runCommand("LLM Rooms: Join Room");
    await first.pick("Change hub");
    await first.answer("vscode://llm-rooms.llm-rooms/join?hub=http://x", "invite link");
    await first.page
      .locator(".quick-input-message", { hasText: "This invite link is cut off or damaged" })
      .waitFor();
    await first.answer(link, "invite link");
    await first.page.locator(".monaco-dialog-box").waitFor();
    const dialog = await first.dialog();
    assert.match(dialog, new RegExp(`Join room ${invite.roomCode}`));
    assert.match(dialog, /Connection: on this machine/);
    assert.doesNotMatch(dialog, new RegExp(invite.memberToken ?? "-"));
    await first.screenshot("ui-invite");
    await first.press("Join Room");
    await first.statusBarItem("Guild Hall · 0").waitFor();
  });

  it("N6: is joined by its link, opened where somebody wrote it down, after the same question", async () => {
    const { first, host } = vscode;
    await writeFile(join(host.workspace, "welcome.md"), `[Guild](${await copied()})\n`);
    await first.runCommand("LLM Rooms: Leave Room");
    await first.statusBarItem("LLM Rooms").waitFor();
    await first.openFile("welcome.md");
    const link = first.page.locator(".view-line .detected-link").first();
    await link.click({ modifiers: ["ControlOrMeta"] });
    await first.page.locator(".monaco-dialog-box", { hasText: `Join room ${invite.roomCode}?` }).waitFor();
    await first.press("Join Room");
    await first.statusBarItem("Guild Hall · 0").waitFor();
  });

  it("is closed by its host for everyone", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Close Room");
    await first.screenshot("ui-close");
    assert.match(await first.dialog(), /No model is shared in it\./);
    await first.press("Close Room");
    await first.statusBarItem("LLM Rooms").waitFor();
    await eventually(async () =>
      assert.match(await first.welcome("Participants"), /Join Room[\s\S]*Host Room/),
    );
    const { hubUrl, memberToken, roomCode } = invite;
    await assert.rejects(new HubClient(hubUrl, { token: memberToken }).getRoom(roomCode));
  });
});
