import assert from "node:assert/strict";
import { PeerLogger } from "../../src/hub/peerLogger";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { joinRaw } from "../support/rawParticipant";
import { RecordedLog } from "../support/recordedLog";
import { askChat } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";

const PROMPT = "the-prompt-that-nobody-logs";
const ANSWER = "the-answer-that-nobody-logs";
const PASSWORD = "the-password-that-nobody-logs";
const WRONG = "the-wrong-token-that-nobody-logs";

describe("hub: logging", () => {
  let t: TestHub;
  let log: RecordedLog;
  beforeEach(async () => {
    log = new RecordedLog();
    t = await startHub({ logger: log });
  });
  afterEach(() => t.hub.close());

  it("O1: tells who comes and goes, and each request, without a secret or a word of what was said", async () => {
    const { code, hostToken, memberToken } = await t.makeProtectedRoom({ password: PASSWORD });
    await t.ask("POST", paths.roomToken(code), { password: PASSWORD });
    await t.ask("POST", paths.roomToken(code), { password: `${PASSWORD}-wrong` });
    await t.ask("GET", paths.room(code), undefined, { headers: { authorization: `Bearer ${WRONG}` } });
    await t.ask(
      "PATCH",
      paths.room(code),
      { name: "x" },
      { headers: { authorization: `Bearer ${hostToken}` } },
    );
    const open = await t.makeRoom();
    const participant = await joinRaw(t, open, "p1");
    const good = askChat(t, open, { messages: [{ role: "user", content: PROMPT }] });
    const request = await participant.nextRequest();
    participant.start(request, 200, { "content-type": "text/event-stream" });
    participant.chunk(request, `data: ${ANSWER}\n\n`);
    participant.end(request);
    await good.whole();
    const bad = askChat(t, open, { messages: [{ role: "user", content: PROMPT }] });
    const failing = await participant.nextRequest();
    participant.send({
      type: "tunnel.response.error",
      requestId: failing.requestId,
      stage: "proxy",
      message: `cannot answer ${PROMPT}`,
    });
    await bad.whole();
    participant.send(`{"type":"tunnel.ping","timestamp":"${PROMPT}"}`);
    await participant.closed;
    await eventually(() => log.text.includes("participant offline"));

    for (const said of ["room made", "participant joined", "request failed", "malformed", '"request"']) {
      assert.ok(log.text.includes(said), `nothing about: ${said}`);
    }
    const tokens = [hostToken, memberToken, PROMPT, ANSWER, PASSWORD, WRONG, "Bearer", "token="];
    for (const secret of tokens) assert.ok(!log.text.includes(secret), `logged: ${secret}`);
  });

  it("O2: peers cause so many lines a minute and no more, and how many were left out is told", () => {
    const clock = new FakeClock();
    const quota = new PeerLogger(log, clock);
    for (let at = 0; at < 1_000; at++) quota.warn("malformed");
    assert.equal(log.lines.filter((line) => line.includes("malformed")).length, 300);
    clock.advance(60_000);
    quota.info("participant joined");
    assert.match(log.text, /left out","leftOut":700/);
    assert.match(log.text, /participant joined/);
  });
});
