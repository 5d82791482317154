import assert from "node:assert/strict";
import { orderParticipants } from "../../src/vscode/views/participantOrder";
import { notSharingRow, participantRow } from "../../src/vscode/views/participantRow";
import { participantCard } from "../support/participantCard";

const seen = { mine: false, serving: 0, paused: false, stale: false };

describe("participantRow", () => {
  it("shows who, which model and on what hardware", () => {
    const participant = participantCard({ specs: { gpu: "NVIDIA GeForce RTX 4090", vram: 24 } });
    const row = participantRow({ ...seen, participant });
    assert.equal(row.label, "Mira");
    assert.equal(row.description, "llama3:8b · RTX 4090 24 GB");
  });

  it("leaves out what the machine did not tell", () => {
    assert.equal(participantRow({ ...seen, participant: participantCard() }).description, "llama3:8b");
    const onlyMemory = participantCard({ specs: { vram: 11.94 } });
    assert.equal(
      participantRow({ ...seen, participant: onlyMemory }).description,
      "llama3:8b · 11.9 GB VRAM",
    );
    const onlyNoise = participantCard({ specs: { gpu: "NVIDIA Graphics" } });
    assert.equal(
      participantRow({ ...seen, participant: onlyNoise }).description,
      "llama3:8b · NVIDIA Graphics",
    );
  });

  it("tells online, busy and offline apart by shape and by colour", () => {
    const icons = (["online", "busy", "offline"] as const).map((status) => {
      const { icon } = participantRow({ ...seen, participant: participantCard({ status }) });
      return `${icon.id} ${icon.color}`;
    });
    assert.deepEqual(icons, [
      "circle-filled testing.iconPassed",
      "sync~spin charts.yellow",
      "circle-outline disabledForeground",
    ]);
  });

  it("greys every row while the hub is lost, and says so to a screen reader", () => {
    for (const status of ["online", "busy", "offline"] as const) {
      const row = participantRow({ ...seen, participant: participantCard({ status }), stale: true });
      assert.equal(row.icon.color, "disabledForeground");
      assert.doesNotMatch(row.icon.id, /spin/);
      assert.match(row.accessibilityLabel, new RegExp(`last known ${status}`));
    }
  });

  it("marks what is mine and what it serves", () => {
    const row = participantRow({ ...seen, participant: participantCard(), mine: true, serving: 2 });
    assert.equal(row.description, "you · llama3:8b · serving 2");
    assert.match(row.contextValue, /\bmine\b/);
    assert.doesNotMatch(participantRow({ ...seen, participant: participantCard() }).contextValue, /\bmine\b/);
  });

  it("says that mine is paused rather than busy", () => {
    const participant = participantCard({ status: "busy" });
    const row = participantRow({ ...seen, participant, mine: true, paused: true });
    assert.equal(row.description, "you · llama3:8b · paused");
    assert.equal(row.icon.id, "debug-pause");
    const stillServing = participantRow({ ...seen, participant, mine: true, paused: true, serving: 1 });
    assert.equal(stillServing.icon.id, "sync~spin");
  });

  it("gives menus no word of a stranger's to match", () => {
    const participant = participantCard({ nickname: "mine notSharing", model: "mine" });
    assert.equal(participantRow({ ...seen, participant }).contextValue, "participant online");
  });

  it("keeps a hostile name on its one line", () => {
    const participant = participantCard({ nickname: "a\nb\u202Ec", model: "m\u0000".repeat(80) });
    const row = participantRow({ ...seen, participant });
    assert.equal(row.label, "a b c");
    assert.doesNotMatch(row.description, /[\p{Cc}\p{Cf}]/u);
    assert.ok(row.description.length <= 60);
  });
});

describe("notSharingRow", () => {
  it("shows the user who shares nothing", () => {
    const row = notSharingRow("Kim");
    assert.equal(`${row.label} ${row.description}`, "Kim you · not sharing");
  });
});

describe("orderParticipants", () => {
  it("puts mine first, then online, busy, offline, and sorts by nickname inside", () => {
    const cards = [
      participantCard({ id: "off", nickname: "Ada", status: "offline" }),
      participantCard({ id: "zed", nickname: "zed" }),
      participantCard({ id: "busy", nickname: "Bo", status: "busy" }),
      participantCard({ id: "Anna", nickname: "anna" }),
      participantCard({ id: "me", nickname: "Zoe", status: "offline" }),
    ];
    const ordered = orderParticipants(cards, (id) => id === "me");
    assert.deepEqual(
      ordered.map(({ id }) => id),
      ["me", "Anna", "zed", "busy", "off"],
    );
  });

  it("is the same whatever order the hub lists them in", () => {
    const cards = ["c", "a", "b"].map((id) => participantCard({ id, nickname: "same" }));
    const ids = (list: typeof cards) => orderParticipants(list, () => false).map(({ id }) => id);
    assert.deepEqual(ids(cards), ids(cards.toReversed()));
    assert.equal(cards[0]?.id, "c", "its argument is left as it was");
  });
});
