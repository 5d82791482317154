import assert from "node:assert/strict";
import { StreamKeepAlive } from "../../src/participant/streamKeepAlive";
import { TunnelAnswer } from "../../src/participant/tunnelAnswer";
import type { ParticipantMessage } from "../../src/protocol/tunnel";
import { FakeClock } from "../support/fakeClock";

const COMMENT = ": waiting\n\n";

describe("an event stream through a hub that cuts silent ones", () => {
  let clock: FakeClock;
  let sent: string[];
  let alive: StreamKeepAlive;
  let answer: TunnelAnswer;

  beforeEach(() => {
    clock = new FakeClock();
    sent = [];
    const send = async (message: ParticipantMessage) => {
      if (message.type === "tunnel.response.chunk")
        sent.push(Buffer.from(message.chunk, "base64").toString());
    };
    const tunnel = { isOurs: false, send, sendFrame: async () => assert.fail("no frames on the base") };
    answer = new TunnelAnswer(tunnel, "r1", undefined, () => {});
    alive = new StreamKeepAlive(answer, clock);
  });
  afterEach(() => {
    alive.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
  const write = (text: string) => alive.write(Buffer.from(text));

  it("P4: a silence gets a comment at least every 6 s, from the start and after each event", () => {
    clock.advance(6_000);
    assert.deepEqual(sent, [COMMENT]);
    clock.advance(60_000);
    assert.equal(sent.length, 21);
  });

  it("P4: no comment falls into an event that came in part, however its lines end", async () => {
    await write('data: {"a":1}\n');
    clock.advance(30_000);
    assert.deepEqual(sent, ['data: {"a":1}\n']);
    await write("\n");
    clock.advance(6_000);
    assert.deepEqual(sent.slice(2), [COMMENT]);
    await write("data: x\r\n");
    clock.advance(30_000);
    await write("\r\n");
    assert.deepEqual(sent.slice(3), ["data: x\r\n", "\r\n"]);
    clock.advance(6_000);
    assert.deepEqual(sent.slice(5), [COMMENT]);
  });

  it("P4: a stream that flows gets none, and an ended one neither", async () => {
    for (let i = 0; i < 10; i++) {
      await write("data: token\n\n");
      clock.advance(2_900);
    }
    assert.ok(!sent.includes(COMMENT));
    answer.end();
    clock.advance(30_000);
    assert.ok(!sent.includes(COMMENT));
  });
});
