import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { EventStream } from "../../src/hub/eventStream";
import { JsonAnswers } from "../../src/hub/jsonAnswers";
import { defaultLimits } from "../../src/hub/limits";
import type { Room } from "../../src/hub/room";
import type { RoomEvents } from "../../src/hub/roomEvents";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";

/** More than any socket holds, so that the stream's end waits behind it. */
const SNAPSHOT_BYTES = 20_000_000;

describe("hub: the end of an event stream", () => {
  it("E5: nothing follows it, however slowly its watcher reads", async () => {
    const clock = new FakeClock();
    const participants = [{ toInfo: () => ({ nickname: "y".repeat(SNAPSHOT_BYTES) }) }];
    // FAKES, since no real room has a snapshot that long.
    const facts = { code: "ABCDEF" };
    const room = { facts, participants, listBytes: 0, toSummary: () => ({}) } as unknown as Room;
    const subscription = { lastId: "1", since: () => undefined, dispose: () => {} };
    const events = { subscribe: () => subscription } as unknown as RoomEvents;
    const limits = { maxBufferedBytes: 1e6, maxWatchers: 9, snapshotMs: 60_000 };
    const answers = new JsonAnswers(clock, defaultLimits);
    const stream = new EventStream(room, { ...limits, clock, events, answers }, () => {});
    const server = createServer((request, response) => {
      if (request.url === "/events") stream.add(response);
      else response.end("next");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    try {
      socket.pause();
      socket.write("GET /events HTTP/1.1\r\nhost: x\r\n\r\n");
      await eventually(() => stream.count === 1);
      stream.dispose();
      clock.advance(10_000);
      socket.write("GET /next HTTP/1.1\r\nhost: x\r\n\r\n");
      let tail = "";
      socket.on("data", (data) => {
        tail = (tail + data.toString("latin1")).slice(-1_000);
      });
      socket.resume();
      await eventually(() => tail.endsWith("next"));
      assert.match(tail, /y"\}\]\}\}\n\n\r\n0\r\n\r\nHTTP\/1\.1 200/);
    } finally {
      socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
