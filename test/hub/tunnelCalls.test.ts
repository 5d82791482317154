import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultLimits } from "../../src/hub/limits";
import { Tunnel } from "../../src/hub/tunnel";
import type { CallHandler, CallOutcome, TunnelAsk } from "../../src/hub/tunnelCall";
import {
  CANCEL_CONFIRM_MS,
  MAX_BODY_BYTES,
  MAX_FRAME_BYTES,
  PARTICIPANT_TIMEOUT,
} from "../../src/protocol/constants";
import { decodeFrame, encodeFrame } from "../../src/protocol/frames";
import { tunnelClose } from "../../src/protocol/tunnel";
import { FakeClock } from "../support/fakeClock";
import { FakeTunnelSocket } from "../support/fakeTunnelSocket";

/** What a call told its handler, in order. */
class Heard implements CallHandler {
  readonly log: string[] = [];
  readonly outcomes: CallOutcome[] = [];
  settled = 0;

  onStart(status: number): void {
    this.log.push(`start ${status}`);
  }
  onBytes(bytes: Uint8Array): void {
    this.log.push(`bytes ${Buffer.from(bytes).toString()}`);
  }
  onSettled(): void {
    this.settled++;
    this.log.push("settled");
  }
  onOver(outcome: CallOutcome): void {
    this.outcomes.push(outcome);
    this.log.push(outcome.kind);
  }
}

function open(isOurs = true) {
  const socket = new FakeTunnelSocket();
  const clock = new FakeClock();
  const log: string[] = [];
  const tunnel = new Tunnel(socket, { clock, isOurs, log: (line) => log.push(line) });
  return { socket, clock, tunnel, log };
}

function askFor(requestId: string, body?: string): TunnelAsk {
  return {
    requestId,
    operation: "chat.completions.create",
    method: "POST",
    path: "/v1/chat/completions",
    stream: true,
    ...(body === undefined ? {} : { body: [Buffer.from(body.slice(0, 3)), Buffer.from(body.slice(3))] }),
  };
}

const start = (requestId: string, status = 200) =>
  JSON.stringify({ type: "tunnel.response.start", requestId, status, headers: {} });
const end = (requestId: string) => JSON.stringify({ type: "tunnel.response.end", requestId });

describe("hub: calls through a tunnel, without a socket", () => {
  it("T4: a body leaves frame by frame, each after the one before", () => {
    const { socket, tunnel } = open();
    const body = JSON.stringify("x".repeat(2 * MAX_FRAME_BYTES));
    tunnel.call(askFor("r1", body), new Heard());
    assert.equal(socket.messages[0]?.bodyBytes, body.length);
    assert.equal(socket.frames.length, 1);
    for (let sent = 2; socket.flushOne() && sent <= socket.frames.length; sent++)
      assert.equal(socket.frames.length, sent);
    const pieces = socket.frames.map((frame) => decodeFrame(frame)?.bytes ?? new Uint8Array());
    assert.equal(Buffer.concat(pieces).toString(), body);
  });

  it("T7: over a network as slow as a requester's may be, a long body leaves no participant without a frame for 30 s", () => {
    const { socket, tunnel } = open();
    tunnel.call(askFor("r1", "x".repeat(2 * MAX_FRAME_BYTES)), new Heard());
    while (socket.flushOne());
    const slowest = (PARTICIPANT_TIMEOUT / 1_000) * defaultLimits.bodyBytesPerSecond;
    assert.ok(socket.frames.every(({ byteLength }) => byteLength < slowest));
  });

  it("T4: an empty piece is nothing: no sign of life, and nothing to be kept", () => {
    for (const isOurs of [true, false]) {
      const { tunnel } = open(isOurs);
      const heard = new Heard();
      const requestId = "r1";
      tunnel.call(askFor(requestId), heard);
      tunnel.receive(start(requestId));
      if (isOurs) tunnel.receive(encodeFrame(1, new Uint8Array(0)));
      else tunnel.receive(JSON.stringify({ type: "tunnel.response.chunk", requestId, chunk: "" }));
      tunnel.receive(end(requestId));
      assert.deepEqual(heard.log, ["start 200", "settled", "ended"]);
    }
  });

  it("T5: a cancel overtakes a body that has not left yet, and stops it", () => {
    const { socket, tunnel } = open();
    const call = tunnel.call(askFor("r1", "x".repeat(5 * MAX_FRAME_BYTES)), new Heard());
    socket.flushOne();
    call.cancel();
    assert.deepEqual(socket.messages.at(-1), { type: "tunnel.cancel", requestId: "r1" });
    while (socket.flushOne());
    assert.equal(socket.frames.length, 2);
  });

  it("T3: the base's request is one text frame with the body as it is", () => {
    const { socket, tunnel } = open(false);
    tunnel.call(askFor("r1", '{"a":1.50,"b":"\\u00e9"}'), new Heard());
    assert.equal(socket.sent.length, 1);
    const { body, headers, n } = socket.messages[0] ?? {};
    assert.deepEqual(body, { a: 1.5, b: "é" });
    // Spelled as the base spells it: a participant may look for it, or set its own beside it.
    assert.deepEqual(headers, { "Content-Type": "application/json" });
    assert.equal(n, undefined);
    const lookup = { ...askFor("r2"), method: "GET" as const };
    tunnel.call(lookup, new Heard());
    assert.equal("body" in (socket.messages[1] ?? {}), false);
  });

  it("I10: a call has one course: start, bytes, settled, ended", () => {
    const { tunnel } = open();
    const heard = new Heard();
    tunnel.call(askFor("r1"), heard);
    tunnel.receive(start("r1", 201));
    tunnel.receive(encodeFrame(1, Buffer.from("a")));
    tunnel.receive(encodeFrame(1, Buffer.from("b")));
    tunnel.receive(end("r1"));
    tunnel.receive(end("r1"));
    tunnel.receive(encodeFrame(1, Buffer.from("late")));
    assert.deepEqual(heard.log, ["start 201", "bytes a", "bytes b", "settled", "ended"]);
  });

  it("I9: a cancelled call is silent; it settles with the confirmation or after 5 s", () => {
    for (const confirm of [true, false]) {
      const { tunnel, clock } = open();
      const heard = new Heard();
      const call = tunnel.call(askFor("r1"), heard);
      call.cancel();
      call.cancel();
      tunnel.receive(start("r1"));
      tunnel.receive(encodeFrame(1, Buffer.from("a")));
      assert.deepEqual(heard.log, []);
      if (confirm) tunnel.receive(end("r1"));
      else clock.advance(CANCEL_CONFIRM_MS);
      assert.deepEqual(heard.log, ["settled"]);
      assert.equal(clock.pendingTimers, 0);
    }
  });

  it("I9: a participant of the base is waited for as long as it takes", () => {
    const { tunnel, clock, socket } = open(false);
    const heard = new Heard();
    tunnel.call(askFor("r1"), heard).cancel();
    assert.equal(socket.sent.length, 1);
    clock.advance(24 * 3_600_000);
    assert.equal(heard.settled, 0);
    tunnel.socketClosed();
    assert.deepEqual(heard.log, ["settled"]);
  });

  it("S3: a tunnel that closes loses every call, once", () => {
    const { tunnel, socket } = open();
    const calls = ["r1", "r2", "r3"].map((id) => {
      const heard = new Heard();
      tunnel.call(askFor(id), heard);
      return heard;
    });
    let closed = 0;
    tunnel.onDidClose(() => closed++);
    tunnel.close(tunnelClose.removed);
    tunnel.socketClosed();
    assert.deepEqual(socket.closedWith, tunnelClose.removed);
    for (const { log } of calls) assert.deepEqual(log, ["settled", "lost"]);
    assert.equal(closed, 1);
    const late = new Heard();
    tunnel.call(askFor("r4"), late);
    assert.deepEqual(late.log, ["settled", "lost"]);
    tunnel.receive(start("r4"));
  });

  it("T6: a participant that does not read is asked nothing more, and closed when it talks on", () => {
    const { tunnel, socket } = open();
    socket.bufferedBytes = 4 * MAX_BODY_BYTES;
    const heard = new Heard();
    tunnel.call(askFor("r1"), heard);
    assert.deepEqual(heard.log, ["settled", "lost"]);
    tunnel.receive(JSON.stringify({ type: "tunnel.ping", timestamp: 1 }));
    assert.equal(socket.isOpen, false);
    assert.deepEqual(socket.sent, []);
  });

  it("T6: whatever comes, in any order, nothing throws and each call settles and ends at most once", () => {
    const id = fc.constantFrom("r1", "r2", "r3", "nobody");
    const n = fc.constantFrom(0, 1, 2, 3, 4, 9);
    const action = fc.oneof(
      fc.record({ kind: fc.constant("start" as const), id, status: fc.constantFrom(200, 404, 999) }),
      fc.record({ kind: fc.constant("frame" as const), n, size: fc.constantFrom(0, 1, 70) }),
      fc.record({ kind: fc.constant("end" as const), id }),
      fc.record({ kind: fc.constant("error" as const), id }),
      fc.record({ kind: fc.constant("cancel" as const), at: fc.nat(2) }),
      fc.record({ kind: fc.constant("text" as const), text: fc.oneof(fc.string(), fc.json()) }),
      fc.record({ kind: fc.constant("bytes" as const), bytes: fc.uint8Array({ maxLength: 10 }) }),
      fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, CANCEL_CONFIRM_MS) }),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(action, { maxLength: 40 }), (isOurs, actions) => {
        const { tunnel, clock } = open(isOurs);
        const heard = [new Heard(), new Heard(), new Heard()];
        const calls = heard.map((each, at) => tunnel.call(askFor(`r${at + 1}`), each));
        const cancelled = new Set<Heard>();
        for (const each of actions) {
          if (each.kind === "start") tunnel.receive(start(each.id, each.status));
          if (each.kind === "frame") tunnel.receive(encodeFrame(each.n, new Uint8Array(each.size)));
          if (each.kind === "end") tunnel.receive(end(each.id));
          if (each.kind === "error") {
            const message = { type: "tunnel.response.error", requestId: each.id, stage: "x", message: "y" };
            tunnel.receive(JSON.stringify(message));
          }
          if (each.kind === "text") tunnel.receive(each.text);
          if (each.kind === "bytes") tunnel.receive(each.bytes);
          if (each.kind === "wait") clock.advance(each.ms);
          if (each.kind === "cancel") {
            const target = heard[each.at];
            if (target?.outcomes.length === 0 && target.settled === 0) cancelled.add(target);
            calls[each.at]?.cancel();
          }
        }
        tunnel.socketClosed();
        for (const each of heard) {
          assert.equal(each.settled, 1);
          assert.equal(each.outcomes.length, cancelled.has(each) ? 0 : 1);
          const starts = each.log.filter((line) => line.startsWith("start")).length;
          assert.ok(starts <= 1);
          const firstBytes = each.log.findIndex((line) => line.startsWith("bytes"));
          assert.ok(firstBytes < 0 || each.log[0]?.startsWith("start"));
        }
        assert.equal(clock.pendingTimers, 0);
      }),
      { numRuns: 300 },
    );
  });
});
