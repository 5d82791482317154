import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

describe("hub: a participant's words about its failure", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  it("I5: a message of megabytes is cut, and holds up nobody", async () => {
    const p = await joinRaw(t, code, "p1", { ours: false });
    const log = await watchEvents(t.url + paths.events(code));
    const answer = t.chat(code);
    const request = await p.nextRequest();
    const startedAt = performance.now();
    p.fail(request, `out  of\n memory${" a".repeat(15_000_000)}`);
    assert.equal((await answer).status, 502);
    const ms = performance.now() - startedAt;
    assert.ok(ms < 5_000, `${Math.round(ms)} ms`);
    const { error } = (await log.next("llm.error")).data;
    assert.match(error, /^The provider failed\. out of memory a a/);
    assert.ok(error.length < 400, String(error.length));
    assert.equal((await t.participant(code, "p1")).connection.connected, true);
    log.stop();
  });
});
