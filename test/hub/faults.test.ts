import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { type CuttableLine, openCuttableLine } from "../support/cuttableLine";
import { areEndedOnce } from "../support/endedOnce";
import { eventually } from "../support/eventually";
import { joinRaw, RawParticipant } from "../support/rawParticipant";
import { askChat, Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";
import { type EventLog, watchEvents } from "../support/watchEvents";

const HOUR_MS = 3_600_000;
const stream = { "content-type": "text/event-stream" };

describe("hub: faults", () => {
  let t: TestHub;
  let code: string;
  let log: EventLog;
  const lines: CuttableLine[] = [];
  const asked: Requester[] = [];
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
    log = await watchEvents(t.url + paths.events(code));
  });
  afterEach(async () => {
    for (const each of asked.splice(0)) each.leave();
    for (const each of lines.splice(0)) await each.close();
    log.stop();
    await t.hub.close();
    await eventually(() => t.clock.pendingTimers === 0);
  });

  const cuttable = async () => {
    const line = await openCuttableLine(t.hub.port);
    lines.push(line);
    return line;
  };
  const joinOver = async (line: CuttableLine, ours: boolean) => {
    const { tunnel } = await t.register(code, "p1");
    const url = tunnel.url.replace(t.url.replace("http", "ws"), line.url.replace("http", "ws"));
    const participant = new RawParticipant(url, tunnel.token, ours);
    await eventually(async () => (await t.participant(code, "p1")).connection.connected);
    return participant;
  };
  const ask = (url = t.url) => {
    const body = { model: "*", messages: [{ role: "user", content: "hello" }], stream: true };
    const requester = new Requester(url, body, { path: paths.chatCompletions(code) });
    asked.push(requester);
    return requester;
  };
  /** Whether so many requests were told of, and the end of each, once. */
  const areOver = (count: number) => areEndedOnce(log, count);
  const free = async () => (await t.participant(code, "p1")).status === "online";

  for (const ours of [true, false]) {
    const kind = ours ? "our" : "the base's";

    it(`S3, E4: on ${kind} tunnel an answer that is cut in the middle ends once, and a new tunnel serves`, async () => {
      const line = await cuttable();
      const first = await joinOver(line, ours);
      const requester = ask();
      const request = await first.nextRequest();
      first.start(request, 200, stream);
      first.chunk(request, "data: one\n\n");
      await eventually(() => requester.data.length === 1);
      line.cut();
      await requester.whole();
      assert.match(requester.data[1] ?? "", /"error"/);
      await eventually(() => areOver(1));
      line.mend();
      const second = await joinOver(line, ours);
      const again = ask();
      second.answer(await second.nextRequest(), "data: two\n\n", 200, stream);
      await again.whole();
      assert.deepEqual(again.data, ["two"]);
      await eventually(free);
      await eventually(() => areOver(2));
    });

    it(`I9: on ${kind} tunnel a requester whose line is cut gives its slot back`, async () => {
      const line = await cuttable();
      const participant = await joinRaw(t, code, "p1", { ours });
      const requester = ask(line.url);
      const request = await participant.nextRequest();
      participant.start(request, 200, stream);
      participant.chunk(request, "data: one\n\n");
      await eventually(() => requester.data.length === 1);
      line.cut();
      if (ours) await participant.nextMessage("tunnel.cancel");
      await eventually(() => areOver(1));
      participant.end(request);
      await eventually(free);
      assert.ok(areOver(1));
    });
  }

  it("I10: a provider that stalls before or inside its answer ends its request once", async () => {
    const participant = await joinRaw(t, code);
    for (const begun of [false, true]) {
      const requester = ask();
      const request = await participant.nextRequest();
      if (begun) {
        participant.start(request, 200, stream);
        participant.chunk(request, "data: one\n\n");
        await eventually(() => requester.data.length === 1);
      }
      for (let beat = 0; beat < 40 && !requester.ended; beat++) {
        t.clock.advance(9_000);
        await t.heartbeat(code, "p1");
        participant.send({ type: "tunnel.ping", timestamp: 1 });
        await participant.nextMessage("tunnel.pong");
      }
      await requester.whole();
      assert.match(requester.text, /"error"/);
      // What comes after the end is nobody's.
      participant.chunk(request, "data: late\n\n");
      participant.end(request);
      await eventually(free);
      assert.doesNotMatch(requester.text, /late/);
      await eventually(() => areOver(begun ? 2 : 1));
    }
  });

  for (const jump of [HOUR_MS, -HOUR_MS, 30 * 24 * HOUR_MS, -30 * 24 * HOUR_MS]) {
    it(`S2, I10: a clock that jumps by ${jump / HOUR_MS} h ends no answer, no tunnel and nobody's wait`, async () => {
      const participant = await joinRaw(t, code);
      const running = ask();
      const request = await participant.nextRequest();
      participant.start(request, 200, stream);
      participant.chunk(request, "data: one\n\n");
      await eventually(() => running.data.length === 1);
      const waiting = ask();
      await eventually(() => waiting.comments.length > 0);
      t.clock.leap(jump);
      t.clock.advance(1_500);
      await t.heartbeat(code, "p1");
      participant.chunk(request, "data: two\n\n");
      participant.end(request);
      await running.whole();
      assert.deepEqual(running.data, ["one", "two"]);
      participant.answer(await participant.nextRequest(), "data: three\n\n", 200, stream);
      await waiting.whole();
      assert.deepEqual(waiting.data, ["three"]);
      await eventually(free);
    });
  }

  it("T7: a participant that stopped without closing anything loses its tunnel and its requests", async () => {
    const participant = await joinRaw(t, code);
    const running = ask();
    await participant.nextRequest();
    participant.socket.pause();
    const waiting = askChat(t, code);
    asked.push(waiting);
    await eventually(() => waiting.comments.length > 0);
    for (let second = 0; second < 45; second++) t.clock.advance(1_000);
    await Promise.all([running.whole(), waiting.whole()]);
    assert.match(running.text, /"error"/);
    assert.match(waiting.text, /"error"/);
    participant.socket.terminate();
  });
});
