import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { joinRaw } from "../support/rawParticipant";
import { RecordedLog } from "../support/recordedLog";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

describe("hub: a participant's words about its failure", () => {
  let t: TestHub;
  let code: string;
  let log: RecordedLog;
  beforeEach(async () => {
    log = new RecordedLog();
    t = await startHub({ logger: log });
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  it("E4: where it failed is told in known words, to watchers and in the log", async () => {
    const p = await joinRaw(t, code);
    const events = await watchEvents(t.url + paths.events(code));
    const told = async (stage: string) => {
      const answer = t.chat(code);
      p.fail(await p.nextRequest(), "it broke", stage);
      await (await answer).text();
      return (await events.next("llm.error")).data.stage;
    };
    for (const stage of ["proxy", "refused", "provider", "protocol", "tunnel", "timeout", "translation"]) {
      assert.equal(await told(stage), stage);
    }
    for (const stage of ["my prompt", "\u0001".repeat(100_000), "", "constructor", "Proxy"]) {
      assert.equal(await told(stage), "other");
    }
    assert.match(log.text, /"stage":"refused"/);
    assert.ok(log.text.length < 20_000, String(log.text.length));
    assert.doesNotMatch(log.text, /my prompt/);
    events.stop();
  });

  it("I5: whoever stops sharing is no provider that failed", async () => {
    const p = await joinRaw(t, code, "p1");
    const answer = t.chat(code);
    p.fail(await p.nextRequest(), "The participant stopped sharing.", "cancelled");
    const text = await (await answer).text();
    assert.equal(
      JSON.parse(text).error.message,
      "The participant stopped sharing. Retry, or try another participant.",
    );
  });

  it("I5: a message of megabytes is cut, and holds up nobody", async () => {
    const p = await joinRaw(t, code, "p1", { ours: false });
    const events = await watchEvents(t.url + paths.events(code));
    const answer = t.chat(code);
    const request = await p.nextRequest();
    const startedAt = performance.now();
    p.fail(request, `out  of\n memory${" a".repeat(15_000_000)}`);
    assert.equal((await answer).status, 502);
    const ms = performance.now() - startedAt;
    assert.ok(ms < 5_000, `${Math.round(ms)} ms`);
    const { error } = (await events.next("llm.error")).data;
    assert.match(error, /^The provider failed\. out of memory a a/);
    assert.ok(error.length < 400, String(error.length));
    assert.equal((await t.participant(code, "p1")).connection.connected, true);
    events.stop();
  });
});
