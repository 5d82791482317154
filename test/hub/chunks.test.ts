import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { chunkSocketOf, writeChunk } from "../../src/hub/chunks";

/** Pieces as tokens are, as reads of a socket are, and about the length from which they are not copied. */
const piece = fc
  .oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 4_000, max: 4_200 }), fc.constant(65_536))
  .chain((length) => fc.integer({ min: 0, max: 255 }).map((byte) => Buffer.alloc(length, byte)));
const pieces = fc.array(piece, { minLength: 1, maxLength: 12 });

describe("chunks written past Node's response", () => {
  it("are read as what they were made of, whatever its lengths", async () => {
    let writes: Buffer[][] = [];
    const server = createServer((_, response) => {
      response.writeHead(200).flushHeaders();
      const socket = chunkSocketOf(response);
      assert.ok(socket);
      for (const each of writes) writeChunk(socket, each, Buffer.concat(each).byteLength);
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { minLength: 1, maxLength: 4 }), async (some) => {
        writes = some;
        const [answer] = (await once(get({ port, host: "127.0.0.1" }), "response")) as [IncomingMessage];
        const read: Buffer[] = await answer.toArray();
        assert.ok(Buffer.concat(read).equals(Buffer.concat(some.flat())));
      }),
      { numRuns: 50 },
    );
    server.close();
    await once(server, "close");
  });
});
