import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import { CliRunner } from "../support/cliRunner";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { packagedVsix } from "../support/packagedVsix";
import { askParticipant, participantsBecome, saysOf, tickAndAccept } from "../support/roomSteps";
import { useWorkbench } from "../support/useWorkbench";

const KEY = "sk-only-on-this-machine";
const ANSWER = "Use this:\n\n```ts\nexport const answer = 42;\n```\n\nIt is tested.";

/** The whole way of a new user, with what users get: the package, and a hub and teammates that are programs of their own. */
describe("the installed package", () => {
  const cli = new CliRunner();
  let hubUrl: string;
  let client: HubClient;
  let roomCode: string;
  let teammates: FakeProvider;
  let own: FakeProvider;

  before(async () => {
    hubUrl = (await cli.startHub()).url;
    client = new HubClient(hubUrl);
    roomCode = (await client.createRoom({ name: "Team", password: "right" })).room.code;
    // Slow enough to be seen while it comes, on any machine.
    teammates = await startFakeProvider({ models: ["llama3:8b"], answer: () => ANSWER, tokensPerSecond: 4 });
    own = await startFakeProvider({ models: ["holds", "qwen3:4b"], apiKey: KEY });
    const share = cli.start(
      ["share", "--hub", hubUrl, "--room", roomCode, "--nickname", "Ada", "--endpoint", teammates.url],
      { env: { LLM_ROOMS_PASSWORD: "right" } },
    );
    await share.shows(/^online$/m);
  });
  after(async () => {
    await cli.dispose();
    await Promise.all([teammates.close(), own.close()]);
  });

  const vscode = useWorkbench(async () => ({
    vsix: await packagedVsix(),
    files: { "hello.ts": "// start\n" },
  }));

  it("joins a room through its commands", async () => {
    const { first } = vscode;
    await first.activityBar("LLM Rooms");
    await first.runCommand("LLM Rooms: Join Room");
    await first.answer(hubUrl, "Address of your team's hub");
    await first.pick("Team");
    await first.answer("Kim", "What teammates see of you");
    await first.answer("right", "Password of the room");
    await participantsBecome(first, ["Kim: you · not sharing", /^Ada: llama3:8b/]);
    await first.statusBarItem("Team · 1").waitFor();
  });

  it("shows the hardware of a teammate", async () => {
    const [card] = await client.listParticipants(roomCode);
    const tooltip = await vscode.first.tooltip(vscode.first.treeRow("Participants", "Ada"));
    assert.match(tooltip, /Model\s+llama3:8b\s+Status\s+online/);
    assert.match(tooltip, new RegExp(`RAM\\s+${card?.specs.ram} GB`));
  });

  it("shares a model of a provider that asks for a key, which stays here", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Share Model");
    await first.pick("Other URL");
    await first.answer(own.url, "OpenAI-compatible");
    await first.answer("sk-wrong", "Provider's key");
    await first.page.locator(".quick-input-message", { hasText: "refuses this key" }).waitFor();
    await first.answer(KEY, "Provider's key");
    await tickAndAccept(first, "holds");
    await first.press("Share");
    await participantsBecome(first, [/^Kim: you · holds/, /^Ada: llama3:8b/]);
    await first.treeRow("Sharing", "holds").waitFor();
    assert.ok(!JSON.stringify(await client.listParticipants(roomCode)).includes(KEY));
  });

  it("serves a teammate on the terminal: busy meanwhile, online after", async () => {
    const { first } = vscode;
    const chat = cli.start(["chat", "--hub", hubUrl, "--room", roomCode, "--to", "model:holds", "Hello"]);
    await chat.shows(/held 3/);
    await saysOf(first, "holds", /^Kim, busy.*serving 1/);
    await first.statusBarItem("serving 1").waitFor();
    await eventually(async () => assert.equal(await first.badge("LLM Rooms"), "1"));
    own.release();
    assert.equal((await chat.exited).code, 0);
    await saysOf(first, "holds", /^Kim, online/);
    await first.treeRow("Sharing", "1 served").waitFor();
    await first.statusBarItem("serving").waitFor({ state: "hidden" });
    await eventually(async () => assert.equal(await first.badge("LLM Rooms"), ""));
  });

  it("chats with a teammate while the tokens arrive, and inserts the code", async () => {
    const { first } = vscode;
    await first.openFile("hello.ts");
    const page = await askParticipant(first, "Ada", "How?");
    const answer = page.getByRole("article", { name: "Answer of Ada" });
    await answer.getByText("Use").waitFor();
    assert.equal(await answer.getByText("It is tested.").count(), 0);
    await answer.getByText("It is tested.").waitFor();
    await eventually(async () => assert.match(await answer.innerText(), /to first token · .*tokens\/s/));
    await answer.getByRole("button", { name: "Insert at Cursor" }).click();
    await eventually(async () =>
      assert.match(await first.editorText(), /export const answer = 42;.*\/\/ start/s),
    );
  });

  it("leaves the room after asking, and nothing stays behind", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Leave Room");
    assert.match(await first.dialog(), /You share holds in the room that you leave/);
    await first.press("Stop Sharing and Leave");
    await eventually(async () => assert.match(await first.welcome("Participants"), /Join Room/));
    await eventually(async () => {
      const names = (await client.listParticipants(roomCode)).map(({ nickname }) => nickname);
      assert.deepEqual(names, ["Ada"]);
    });
    assert.deepEqual(await first.notifications(), []);
  });
});
