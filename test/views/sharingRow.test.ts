import assert from "node:assert/strict";
import { requestRow, sharingRow, todayText } from "../../src/vscode/views/sharingRow";

describe("sharingRow", () => {
  const idle = {
    model: "llama3:8b",
    providerName: "Ollama",
    providerIsAway: false,
    paused: false,
    serving: 0,
    served: 0,
  };

  it("shows what runs, the provider and what ran", () => {
    const row = sharingRow({ ...idle, state: "sharing", serving: 1, served: 12 });
    assert.equal(row.description, "serving 1 · Ollama · 12 served");
    assert.equal(row.icon.id, "sync~spin");
    assert.match(row.contextValue, /\brunning\b/);
  });

  it("shows that it is paused, or that the hub or the provider is lost", () => {
    const away = sharingRow({ ...idle, state: "reconnecting", providerIsAway: true });
    assert.equal(away.description, "does not answer · Ollama");
    assert.equal(away.icon.id, "debug-disconnect");
    assert.match(sharingRow({ ...idle, state: "sharing", paused: true }).description, /paused/);
    assert.match(sharingRow({ ...idle, state: "sharing", paused: true }).contextValue, /\bpaused\b/);
    assert.match(sharingRow({ ...idle, state: "reconnecting" }).description, /reconnecting/);
  });
});

describe("todayText", () => {
  it("says how much was served, where anything was", () => {
    assert.equal(todayText({ requests: 0, tokens: 0 }), undefined);
    assert.equal(todayText({ requests: 1, tokens: 0 }), "today · 1 request");
    assert.equal(todayText({ requests: 12, tokens: 3_400 }), "today · 12 requests · about 3,400 tokens");
  });
});

describe("requestRow", () => {
  const row = (asker: string | undefined, tokens = 0) =>
    requestRow({ requestId: "r", startedAt: 1_000, asker }, tokens, 63_000);

  it("says who asks and how long it runs", () => {
    assert.deepEqual(row("Ada"), {
      label: "Ada",
      description: "runs for 1 min",
      tooltip: "Ada asks, as the request says: names are not checked.",
    });
    assert.equal(row(undefined).label, "Request");
    assert.equal(row("Ada", 1_234).description, "runs for 1 min · about 1,234 tokens");
  });

  it("shows a stranger's name as one printable line that fits", () => {
    const { label, tooltip } = row(`A\n\u202eda${"!".repeat(200)}`);
    assert.match(label, /^A da!{20,}…$/);
    assert.ok(!/[\n\u202e]/.test(tooltip));
  });
});
