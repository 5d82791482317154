import assert from "node:assert/strict";
import { HumanError } from "../../src/common/humanError";
import { menuEntries } from "../../src/vscode/views/menuEntries";
import { type StatusBarInput, statusBarText } from "../../src/vscode/views/statusBarText";
import { agoText, durationText } from "../../src/vscode/views/timeText";

const lost = new HumanError("HUB_UNREACHABLE", "No hub listens.", "Start it.");
const joined: Extract<StatusBarInput, { state: "joined" }> = {
  state: "joined",
  roomName: "Team",
  roomCode: "ABC234",
  hubUrl: "http://localhost:5567",
  available: 4,
  serving: 0,
  sharedModels: 0,
  awayModels: 0,
  paused: false,
  lost: undefined,
};

describe("statusBarText", () => {
  it("shows the room and how many models are there", () => {
    const { text, warning } = statusBarText(joined);
    assert.equal(text, "$(broadcast) Team · 4");
    assert.equal(warning, false);
  });

  it("shows sharing, what is served, and that sharing is paused", () => {
    assert.match(statusBarText({ ...joined, sharedModels: 1 }).text, /\$\(record\) sharing$/);
    assert.match(
      statusBarText({ ...joined, serving: 2, sharedModels: 1 }).text,
      /\$\(sync~spin\) serving 2$/,
    );
    assert.match(statusBarText({ ...joined, paused: true, sharedModels: 1 }).text, /paused$/);
  });

  it("says where nothing of what is shared answers", () => {
    const away = statusBarText({ ...joined, sharedModels: 1, awayModels: 1 });
    assert.match(away.text, /\$\(debug-disconnect\) not answering$/);
    assert.match(away.tooltip, /You share 1 model: no provider answers$/);
    assert.match(statusBarText({ ...joined, sharedModels: 2, awayModels: 1 }).text, /sharing$/);
  });

  it("warns only while the hub is lost", () => {
    const inputs: StatusBarInput[] = [
      { state: "left" },
      { state: "connecting", roomCode: "ABC234" },
      { state: "failed", error: lost },
      joined,
    ];
    for (const input of inputs) assert.equal(statusBarText(input).warning, false, input.state);
    const text = statusBarText({ ...joined, lost });
    assert.equal(text.warning, true);
    assert.match(text.tooltip, /No hub listens/);
    const closed = new HumanError("ROOM_CLOSED", "The host closed this room.", "Join another.");
    assert.equal(
      statusBarText({ ...joined, lost: closed }).tooltip,
      "Team: The host closed this room. Leave it, then join or host another one.",
    );
  });

  it("shows what is shared while the hub is lost too: others may still use it, with the room's new key", () => {
    const { text, tooltip } = statusBarText({ ...joined, lost, sharedModels: 1 });
    assert.equal(text, "$(debug-disconnect) Team  $(record) sharing");
    assert.match(tooltip, /You share 1 model$/);
  });

  it("draws no icon that a room's name asks for", () => {
    assert.equal(statusBarText({ ...joined, roomName: "$(zap) x" }).text, "$(broadcast) \\$(zap) x · 4");
  });
});

describe("menuEntries", () => {
  const nothing = { state: "left", lost: false, sharing: false, paused: false } as const;
  const commands = (input: Parameters<typeof menuEntries>[0]) =>
    menuEntries(input).map(({ command }) => command.replace("llmRooms.", ""));

  it("offers only what can be done", () => {
    assert.deepEqual(commands(nothing), ["joinRoom", "hostRoom", "showLog"]);
    assert.equal(commands({ ...nothing, state: "failed" })[0], "retryConnection");
    assert.ok(!commands({ ...nothing, state: "joined" }).includes("stopSharing"));
  });

  it("offers to try a lost hub again, but no room that its host closed", () => {
    const lost = { ...nothing, state: "joined", lost: true } as const;
    assert.equal(commands(lost)[0], "retryConnection");
    assert.ok(!commands({ ...lost, closed: true }).includes("retryConnection"));
  });

  it("offers to pause what is shared, and to resume what is paused", () => {
    const sharing = { ...nothing, state: "joined", sharing: true } as const;
    assert.ok(commands(sharing).includes("pauseSharing"));
    assert.ok(commands({ ...sharing, paused: true }).includes("resumeSharing"));
    assert.ok(!commands({ ...sharing, paused: true }).includes("pauseSharing"));
  });
});

describe("durationText", () => {
  it("takes the largest unit", () => {
    const texts = [0, 59_999, 60_000, 3_600_000, 86_400_000, 3 * 86_400_000].map(durationText);
    assert.deepEqual(texts, ["0 s", "59 s", "1 min", "1 h", "1 day", "3 days"]);
  });

  it("takes a clock that is ahead for now", () => {
    assert.equal(durationText(-5_000), "0 s");
    assert.equal(agoText(2_000, 1_000), "now");
  });
});
