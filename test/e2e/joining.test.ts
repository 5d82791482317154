import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import { ParticipantSession } from "../../src/participant/participantSession";
import { writeInvite } from "../../src/protocol/invite";
import { type CliProcess, CliRunner } from "../support/cliRunner";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { processesWith } from "../support/processes";
import { participantsBecome, saysOf } from "../support/roomSteps";
import { useWorkbench } from "../support/useWorkbench";

const MIRA = "Mira: llama3:8b · RTX 4090 24 GB";

describe("rooms that are joined, hosted and left, as a person sees them", () => {
  const cli = new CliRunner();
  let hub: CliProcess;
  let hubUrl: string;
  let client: HubClient;
  let provider: FakeProvider;
  let teamCode: string;
  let mira: ParticipantSession;
  let ada: CliProcess;

  before(async () => {
    const started = await cli.startHub();
    ({ cli: hub, url: hubUrl } = started);
    client = new HubClient(hubUrl);
    provider = await startFakeProvider({ models: ["llama3:8b", "qwen3:4b"] });
    teamCode = (await client.createRoom({ name: "Team" })).room.code;
    await client.createRoom({ name: "Secret", password: "right" });
    mira = new ParticipantSession({
      hubUrl,
      roomCode: teamCode,
      participantId: "mira",
      nickname: "Mira",
      endpoint: provider.url,
      model: "llama3:8b",
      specs: { gpu: "NVIDIA GeForce RTX 4090", vram: 24, cpu: "AMD Ryzen 9 7950X", ram: 64 },
      config: { temperature: 0.7, stop: ["###"] },
    });
    await mira.start();
    ada = cli.start([
      ...["share", "--hub", hubUrl, "--room", teamCode, "--nickname", "Ada"],
      ...["--endpoint", provider.url, "--model", "qwen3:4b", "--no-specs"],
    ]);
    await ada.shows(/^online$/m);
  });
  after(async () => {
    await mira.stop();
    await cli.dispose();
    await provider.close();
  });

  const vscode = useWorkbench(() => ({ development: true }));

  it("asks for the hub until one answers there, and shows its rooms", async () => {
    const { first } = vscode;
    await first.activityBar("LLM Rooms");
    await first.view("Participants").getByRole("button", { name: "Join Room" }).click();
    await first.answer("127.0.0.1:1", "Address of your team's hub");
    await first.page.locator(".quick-input-message", { hasText: "No hub listens at 127.0.0.1:1" }).waitFor();
    await first.answer(hubUrl.replace("http://", ""));
    await eventually(async () => {
      const rows = (await first.quickPickRows()).join("\n");
      assert.match(rows, new RegExp(`Team ${teamCode} · 2 models\nSecret \\w+ · 0 models\n`));
      assert.match(rows, /Enter a code, or paste an invite link…\nMake a room…\nChange hub…/);
    });
  });

  it("asks for a nickname and a password, and again where the password is wrong", async () => {
    const { first } = vscode;
    await first.pick("Secret");
    await first.answer("Kim", "What teammates see of you");
    await first.answer("wrong", "Password of the room");
    await first.page
      .locator(".quick-input-message", { hasText: "That is not the room's password." })
      .waitFor();
    await first.answer("right");
    await first.statusBarItem("Secret · 0").waitFor();
    await eventually(async () =>
      assert.match(await first.welcome("Participants"), /Nobody shares a model in this room yet/),
    );
    // From now on nothing of this is asked again.
    await eventually(async () => {
      const settings = await vscode.host.userSettings();
      assert.equal(settings["llmRooms.hubUrl"], hubUrl);
      assert.equal(settings["llmRooms.nickname"], "Kim");
    });
    assert.doesNotMatch(JSON.stringify(await vscode.host.userSettings()), /right/);
  });

  it("N6: says of an invite that its key is not the room's, and takes the right one in its place", async () => {
    const { first } = vscode;
    const { room, memberToken } = await client.createRoom({ name: "Guarded", access: "protected" });
    const invite = (token: string) => writeInvite({ hubUrl, roomCode: room.code, memberToken: token });
    await first.runCommand("LLM Rooms: Join Room");
    await first.pick("Change hub");
    await first.answer(invite("o".repeat(43)), "invite link");
    await first.press("Join Room");
    await first.page
      .locator(".quick-input-message", {
        hasText: "That key does not open the room. It may have been changed",
      })
      .waitFor();
    await first.answer(invite(memberToken ?? assert.fail("no key")));
    await first.statusBarItem("Guarded · 0").waitFor();
  });

  it("takes what is typed into the list of rooms along, where no room is meant", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Join Room");
    await first.page.locator(".quick-input-list .monaco-list-row", { hasText: "Enter a code" }).waitFor();
    await first.answer("nope99");
    await eventually(async () => assert.match(await first.question(), /Code of the room/));
    assert.equal(await first.quickInput().inputValue(), "nope99");
    await first.page.keyboard.press("Escape");
  });

  it("changes to a room by its code, in any case, and shows who is there", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Join Room");
    await first.pick("Enter a code");
    await first.answer("nope99", "Code of the room");
    await first.page.locator(".quick-input-message", { hasText: "Room not found." }).waitFor();
    await first.answer(teamCode.toLowerCase(), "Join Room: Code");
    await participantsBecome(first, ["Kim: you · not sharing", "Ada: qwen3:4b", MIRA]);
    await first.statusBarItem("Team · 2").waitFor();
  });

  it("tells a participant's hardware and defaults in a tooltip", async () => {
    const { first } = vscode;
    const tooltip = await first.tooltip(first.treeRow("Participants", "Mira"));
    const expected = [
      /Model\s+llama3:8b/,
      /Status\s+online/,
      /GPU\s+NVIDIA GeForce RTX 4090/,
      /VRAM\s+24 GB/,
      /CPU\s+AMD Ryzen 9 7950X/,
      /RAM\s+64 GB/,
      /Defaults\s+temperature 0\.7, stop “###”/,
      /Last seen\s+now/,
    ];
    for (const line of expected) assert.match(tooltip, line);
  });

  it("shows who comes and who goes", async () => {
    const { first } = vscode;
    await ada.kill("SIGINT");
    await participantsBecome(first, ["Kim: you · not sharing", MIRA]);
    await first.statusBarItem("Team · 1").waitFor();
    ada = cli.start([
      ...["share", "--hub", hubUrl, "--room", teamCode, "--nickname", "Ada"],
      ...["--endpoint", provider.url, "--model", "qwen3:4b", "--no-specs"],
    ]);
    await participantsBecome(first, ["Kim: you · not sharing", "Ada: qwen3:4b", MIRA]);
    await saysOf(first, "Ada", /online/);
  });

  it("keeps what was last known where the hub ends, and says so where it comes back without the room", async () => {
    const { first } = vscode;
    await hub.kill("SIGKILL");
    const warning = first.page.locator(".statusbar-item.warning-kind", { hasText: "Team" });
    await warning.waitFor();
    await first.view("Participants").getByText("The hub is lost").waitFor();
    await saysOf(first, "Mira", /last known online/);
    const { port } = new URL(hubUrl);
    hub = (await cli.startHub(["--port", port])).cli;
    await first.runCommand("LLM Rooms: Retry Connection");
    await first.view("Participants").getByText("no longer knows this room").waitFor();
    await warning.waitFor();
    await first.openNotifications();
    assert.deepEqual(await first.notifications(), []);
    await first.page.keyboard.press("Escape");
  });

  it("is left: nothing of it is shown, and only what helps is offered", async () => {
    const { first } = vscode;
    await first.runCommand("LLM Rooms: Leave Room");
    await eventually(async () =>
      assert.match(await first.welcome("Participants"), /Join Room[\s\S]*Host Room/),
    );
    await first.statusBarItem("LLM Rooms").waitFor();
    const offered = (await first.commandsFor("LLM Rooms:")).map((title) => title.replace("LLM Rooms: ", ""));
    // VS Code itself adds those that focus a view.
    const ours = offered.filter((title) => !title.startsWith("Focus on"));
    assert.deepEqual(ours.sort(), ["Host Room", "Join Room", "Open Chat", "Show Log"]);
  });

  it("is hosted by a hub in a process of its own, whose code is there to copy", async () => {
    const { first } = vscode;
    const { port } = new URL(hubUrl);
    await hub.kill("SIGTERM");
    await first.view("Participants").getByRole("button", { name: "Host Room" }).click();
    await first.answer("Guild", "list of rooms");
    await first.answer("", "Leave it empty for none");
    await first.pick("This machine only");
    try {
      await first.statusBarItem("Guild · 0").waitFor();
      await first.openNotifications();
      await eventually(async () =>
        assert.match(
          (await first.notifications()).join(),
          /Room Guild is ready\. Teammates come in by its invite/,
        ),
      );
      await first.press("Copy Code");
      const copied = () => first.page.evaluate<string>("navigator.clipboard.readText()");
      await eventually(async () => assert.match(await copied(), /^[A-Z2-9]{6}$/));
      await first.runCommand("LLM Rooms: Leave Room");
      await first.statusBarItem("LLM Rooms").waitFor();
      assert.deepEqual(await client.listRooms(), [], "it is protected: nobody is told of it");
      assert.equal((await hostedHub(port)).length, 1);
    } finally {
      for (const pid of await hostedHub(port)) process.kill(pid);
    }
    await eventually(async () => assert.deepEqual(await hostedHub(port), []));
  });

  const hostedHub = (port: string) => processesWith("cli.js", "--exit-when-idle", `--port\0${port}\0`);
});
