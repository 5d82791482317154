import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { BodyReader } from "../../src/hub/bodyReader";
import { defaultLimits } from "../../src/hub/limits";
import { FakeClock } from "../support/fakeClock";

const MiB = 1024 * 1024;
const BODY_BYTES = 24 * MiB;

describe("hub: BodyReader", () => {
  it("holds a long body once: the pieces that it came in are given back as they are read", async () => {
    const reader = new BodyReader(new FakeClock(), defaultLimits);
    const server = createServer((incoming, response) => {
      reader.longJson(incoming, BODY_BYTES).then(
        ({ json }) => response.end(`${json.byteLength} ${process.memoryUsage().arrayBuffers}`),
        (error) => response.end(String(error)),
      );
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const before = process.memoryUsage().arrayBuffers;
      const [bytes, after] = (await post((server.address() as AddressInfo).port)).split(" ").map(Number);
      assert.equal(bytes, BODY_BYTES);
      const held = (after ?? Number.NaN) - before;
      assert.ok(held < BODY_BYTES + 8 * MiB, `${held} bytes are held.`);
    } finally {
      server.close();
      reader.dispose();
    }
  });
});

/** A string of JSON, from one piece of memory, so that nothing but the reader's is counted. @returns the answer. */
async function post(port: number): Promise<string> {
  const headers = { "content-length": BODY_BYTES };
  const call = request({ port, host: "127.0.0.1", method: "POST", headers });
  const piece = Buffer.alloc(64 * 1024, "x");
  let rest = BODY_BYTES - 2;
  call.write('"');
  while (rest > 0) {
    const part = piece.subarray(0, Math.min(rest, piece.byteLength));
    rest -= part.byteLength;
    if (!call.write(part)) await once(call, "drain");
  }
  call.end('"');
  const [response] = await once(call, "response");
  let answer = "";
  for await (const text of response.setEncoding("utf8")) answer += text;
  return answer;
}
