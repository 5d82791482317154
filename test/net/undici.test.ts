import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Agent, buildConnector, request } from "../../src/net/undici";
import { eventually } from "../support/eventually";

/** As much as waits for a reader before the connection is paused, bytes: its last one pauses. */
const LENGTH = 64 * 1024;
const body = "x".repeat(LENGTH);
const head = "HTTP/1.1 200 OK\r\nconnection: close\r\n";

const framings = {
  "a length": `${head}content-length: ${LENGTH}\r\n\r\n${body}`,
  chunks: `${head}transfer-encoding: chunked\r\n\r\n${LENGTH.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  "nothing but its end": `${head}\r\n${body}`,
};

/** A server that answers each request with these bytes, and closes. */
async function startServer(answer: string) {
  const server = createServer((socket) => {
    socket.once("data", () => socket.end(answer, "latin1"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const ours: Socket[] = [];
  const connect = buildConnector({});
  const agent = new Agent({
    pipelining: 0,
    connect: (options, callback) =>
      connect(options, (...[error, socket]) => {
        if (socket) ours.push(socket);
        if (error) callback(error, null);
        else callback(null, socket);
      }),
  });
  const { port } = server.address() as AddressInfo;
  return {
    /** Resolves with a body of which nothing is read, once as much as can come has come. */
    ask: async () => {
      const answer = await request(`http://127.0.0.1:${port}/`, { method: "GET", dispatcher: agent });
      await eventually(() => {
        const waits = answer.body.readableLength + (ours[0]?.readableLength ?? 0);
        return waits >= LENGTH && (ours[0]?.readableEnded || waits > LENGTH);
      });
      return answer.body;
    },
    close: async () => {
      await agent.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

describe("An answer whose connection ends before anybody reads it", () => {
  for (const [framing, answer] of Object.entries(framings)) {
    it(`is whole, where it has ${framing}`, async () => {
      const server = await startServer(answer);
      const unread = await server.ask();
      assert.equal(await unread.text(), body);
      await server.close();
    });
  }

  it("fails where it is less than it promised", async () => {
    const server = await startServer(`${head}content-length: ${LENGTH + 1}\r\n\r\n${body}`);
    const unread = await server.ask();
    await assert.rejects(unread.text());
    await server.close();
  });

  it("fails where its last chunk is missing", async () => {
    const server = await startServer(
      `${head}transfer-encoding: chunked\r\n\r\n${LENGTH.toString(16)}\r\n${body}\r\n`,
    );
    const unread = await server.ask();
    await assert.rejects(unread.text());
    await server.close();
  });
});
