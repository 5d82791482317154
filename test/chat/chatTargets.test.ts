import assert from "node:assert/strict";
import { HumanError } from "../../src/common/humanError";
import {
  type ParticipantInfo,
  type ParticipantStatus,
  participantInfoSchema,
} from "../../src/protocol/participant";
import { answererOf, roomView, targetOptions } from "../../src/vscode/chat/chatTargets";

function participant(
  id: string,
  nickname: string,
  model: string,
  status: ParticipantStatus,
  specs: ParticipantInfo["specs"] = {},
): ParticipantInfo {
  const times = { joinedAt: 1, lastSeen: 1, updatedAt: 1 };
  return participantInfoSchema.parse({ id, nickname, model, endpoint: "http://x", status, specs, ...times });
}

const room = [
  participant("1", "Zoe", "llama3:8b", "online"),
  participant("2", "Ana", "llama3:8b", "busy", { gpu: "RTX 4090", vram: 23.99 }),
  participant("3", "Bo", "qwen", "offline"),
  participant("4", "Cy", "phi", "online"),
];

describe("targetOptions", () => {
  const options = targetOptions(room, (id) => id === "4");

  it("offers any, then models that several share, then everyone with who is free first", () => {
    assert.deepEqual(
      options.map(({ selector, label, status }) => [selector, label, status]),
      [
        ["any", "Any free participant", "online"],
        ["model:llama3:8b", "Any with llama3:8b", "online"],
        ["4", "Cy", "online"],
        ["1", "Zoe", "online"],
        ["2", "Ana", "busy"],
        ["3", "Bo", "offline"],
      ],
    );
  });

  it("says how many are free, what hardware it is, and which are mine", () => {
    const by = new Map(options.map((option) => [option.selector, option]));
    assert.equal(by.get("any")?.detail, "2 of 4 free");
    assert.equal(by.get("model:llama3:8b")?.detail, "1 of 2 free");
    assert.equal(by.get("2")?.detail, "RTX 4090 24 GB");
    assert.equal(by.get("4")?.isMine, true);
    assert.equal(by.get("1")?.isMine, false);
  });

  it("is empty for an empty room", () => {
    assert.deepEqual(
      targetOptions([], () => false),
      [],
    );
  });
});

describe("answererOf", () => {
  const participants = new Map(room.map((each) => [each.id, each]));

  it("knows a participant by its id, and of a model its name", () => {
    assert.deepEqual(answererOf("2", participants), {
      participantId: "2",
      nickname: "Ana",
      model: "llama3:8b",
    });
    assert.deepEqual(answererOf("model:phi", participants), { model: "phi" });
    assert.equal(answererOf("any", participants), undefined);
  });
});

describe("roomView", () => {
  const error = new HumanError("HUB_UNREACHABLE", "No hub.", "Start it.");

  it("shows a failed join in words", () => {
    const view = roomView({ state: "failed", hubUrl: "http://x", roomCode: "ABC234", error }, () => false);
    assert.deepEqual(view, { state: "failed", message: "No hub.", hint: "Start it." });
  });

  const viewOfLost = (lostBy: HumanError) => {
    const summary = { id: "r", code: "ABC234", name: "Team", hostId: "h", createdAt: 1 };
    return roomView(
      {
        state: "joined",
        hubUrl: "http://x",
        isHost: false,
        room: {
          phase: { state: "lost", error: lostBy, retryAt: 5 },
          room: { ...summary, participantCount: 4, passwordProtected: false },
          participants: new Map(room.map((each) => [each.id, each])),
          statusSince: new Map(),
          lastMetrics: new Map(),
        },
      },
      () => false,
    );
  };

  it("keeps the participants of a hub that is lost, none of them free", () => {
    const view = viewOfLost(error);
    assert.ok(view.state === "joined");
    assert.equal(view.hub, "lost");
    assert.equal(view.targets.length, 6);
    assert.ok(view.targets.every(({ status }) => status === "offline"));
  });

  it("tells a room that the hub forgot from a hub that is lost", () => {
    const view = viewOfLost(new HumanError("ROOM_NOT_FOUND", "No such room.", "Ask for the code."));
    assert.equal(view.state === "joined" && view.hub, "roomGone");
    const closed = viewOfLost(new HumanError("ROOM_CLOSED", "Closed.", "Leave."));
    assert.equal(closed.state === "joined" && closed.hub, "closed");
    const changed = viewOfLost(new HumanError("UNAUTHORIZED", "No.", "Ask."));
    assert.equal(changed.state === "joined" && changed.hub, "keyVoid");
    const stranger = viewOfLost(new HumanError("WRONG_CERTIFICATE", "Another.", "Ask."));
    assert.equal(stranger.state === "joined" && stranger.hub, "wrongCertificate");
  });
});
