import assert from "node:assert/strict";
import { inferenceErrorSchema } from "../../src/protocol/inference";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { askChat, type Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

/** Longer than any test waits: what ends sooner has ended by itself. */
const LONG_MS = 600_000;

describe("hub: closing", () => {
  let t: TestHub;
  let code: string;
  const asked: Requester[] = [];
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
  });
  afterEach(async () => {
    for (const each of asked.splice(0)) each.leave();
    await t.hub.close();
  });

  const ask = () => {
    const requester = askChat(t, code);
    asked.push(requester);
    return requester;
  };

  it("O5: an answer that runs is finished, what waits and what is new is refused with 503", async () => {
    const participant = await joinRaw(t, code, "p1");
    const running = ask();
    const request = await participant.nextRequest();
    participant.start(request, 200, { "content-type": "text/event-stream" });
    participant.chunk(request, "data: one\n\n");
    await eventually(() => running.data.includes("one"));
    const waiting = ask();
    await eventually(() => waiting.comments.length > 0);

    const closed = t.hub.close({ drainMs: LONG_MS });
    await waiting.whole();
    assert.match(waiting.text, /hub_closing/);
    const late = await ask().whole();
    assert.equal(late.status, 503);
    assert.ok(Number(late.headers["retry-after"]) > 0);
    const registering = await t.ask("PUT", paths.participant(code, "p2"), {});
    assert.equal(registering.body.error.code, "HUB_CLOSING");
    assert.equal((await t.heartbeat(code, "p1")).success, true, "a participant that serves stays");
    participant.chunk(request, "data: two\n\n");
    participant.end(request);
    await running.whole();
    assert.deepEqual(running.data, ["one", "two"]);
    await closed;
    assert.equal((await participant.closed).code, 1001);
  });

  for (const status of ["online", "busy"]) {
    it(`O5: a request that has not come whole when it closes is not begun, and does not wait: ${status}`, async () => {
      const participant = await joinRaw(t, code, "p1");
      await t.heartbeat(code, "p1", { status });
      const messages = [{ role: "user", content: "x" }];
      const body = JSON.stringify({ model: "*", stream: true, messages });
      const client = new RawHttp(t.hub.port);
      client.write(`POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\n`);
      client.write(`Content-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
      await eventually(() => t.hub.requestsUnderWay === 1);
      const closed = t.hub.close({ drainMs: LONG_MS });
      client.write(body.slice(9));
      await closed;
      await client.closed;
      assert.equal(client.status, 503);
      assert.match(client.received, /hub_closing/);
      assert.equal(participant.requests.length, 0);
    });
  }

  it("I6, I13: what is new is refused in the shape of the plane that it asks", async () => {
    const participant = await joinRaw(t, code, "p1");
    const running = ask();
    const request = await participant.nextRequest();
    const closed = t.hub.close({ drainMs: LONG_MS });
    const late = await t.ask("GET", paths.models(code));
    const { error } = inferenceErrorSchema.parse(late.body);
    assert.equal(error.code, "hub_closing");
    assert.ok(error.hint && error.message.endsWith(error.hint));
    assert.ok(late.headers.get("x-request-id"));
    participant.start(request);
    participant.end(request);
    await Promise.all([running.whole(), closed]);
  });

  it("O5: an answer that does not end is cut when the time is over", async () => {
    const participant = await joinRaw(t, code, "p1");
    const running = ask();
    const request = await participant.nextRequest();
    participant.start(request, 200, { "content-type": "text/event-stream" });
    participant.chunk(request, "data: one\n\n");
    await eventually(() => running.data.includes("one"));
    await t.hub.close({ drainMs: 50 });
    await running.whole();
    assert.match(running.text, /data: one\n\ndata: \{"error"/);
  });

  it("O5: without answers that run it closes at once, and watchers' streams end", async () => {
    const log = await watchEvents(t.url + paths.events(code));
    await Promise.all([t.hub.close({ drainMs: LONG_MS }), t.hub.close()]);
    await eventually(() => log.ended);
  });

  it("O5: a tunnel that is opened while it closes is refused with 503", async () => {
    const participant = await joinRaw(t, code, "p1");
    const running = ask();
    const request = await participant.nextRequest();
    const { tunnel } = await t.register(code, "p2");
    const closed = t.hub.close({ drainMs: LONG_MS });
    const answer = await t.ask("GET", `${paths.tunnel(code, "p2")}?token=${tunnel.token}`);
    assert.equal(answer.status, 503);
    participant.start(request);
    participant.end(request);
    await Promise.all([running.whole(), closed]);
  });
});
