import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { makeCertificate } from "../../src/cli/makeCertificate";
import { BodyReader } from "../../src/hub/bodyReader";
import { defaultLimits } from "../../src/hub/limits";
import { FakeClock } from "../support/fakeClock";

const MiB = 1024 * 1024;
const BODY_BYTES = 24 * MiB;

describe("hub: BodyReader", () => {
  let reader: BodyReader;
  let server: Server | undefined;
  beforeEach(() => {
    reader = new BodyReader(new FakeClock(), defaultLimits);
  });
  afterEach(() => {
    server?.close();
    reader.dispose();
  });

  async function listen(made: Server): Promise<number> {
    server = made.listen(0, "127.0.0.1");
    await once(made, "listening");
    return (made.address() as AddressInfo).port;
  }

  /** Answers with what `tell` makes of a body. */
  function reading(tell: (json: Buffer) => string): RequestListener {
    return (incoming: IncomingMessage, response: ServerResponse) => {
      reader.longJson(incoming, BODY_BYTES).then(
        ({ json }) => response.end(tell(json)),
        (error) => response.end(String(error)),
      );
    };
  }

  it("holds a long body once: the pieces that it came in are given back as they are read", async () => {
    const held = (json: Buffer) => `${json.byteLength} ${process.memoryUsage().arrayBuffers}`;
    const port = await listen(createServer(reading(held)));
    const before = process.memoryUsage().arrayBuffers;
    const [bytes, after] = (await post(port)).split(" ").map(Number);
    assert.equal(bytes, BODY_BYTES);
    const more = (after ?? Number.NaN) - before;
    assert.ok(more < 1.5 * BODY_BYTES, `${more} bytes are held.`);
  });

  for (const kind of ["http", "https"] as const) {
    it(`reads what was sent by ${kind}, however it is split, and requests right behind each other`, async () => {
      const listener = reading((json) => `<${hashOf(json)}>`);
      const identity = await makeCertificate([], Date.now());
      const port = await listen(
        kind === "http" ? createServer(listener) : createTlsServer(identity, listener),
      );
      // What a socket reads at once, what TLS puts into one record, and around them.
      const length = fc.oneof(
        fc.constantFrom(0, 1, 16_384, 65_536, 131_072),
        fc.nat(300),
        fc.integer({ min: 60_000, max: 70_000 }),
        fc.nat(400_000),
      );
      const body = fc.record({ length, chunked: fc.boolean() });
      const steps = fc.array(
        fc.oneof(fc.constantFrom(65_536, 16_384), fc.integer({ min: 1, max: 100_000 })),
        {
          minLength: 1,
          maxLength: 6,
        },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 5 }), steps, async (bodies, cuts) => {
          const made = bodies.map(({ length: bytes, chunked }) => ({ json: stringOf(bytes), chunked }));
          const socket =
            kind === "http" ? connect(port, "127.0.0.1") : connectTls({ port, rejectUnauthorized: false });
          const answers = await exchange(socket, Buffer.concat(made.map(asRequest)), cuts, made.length);
          assert.deepEqual(
            answers,
            made.map(({ json }) => hashOf(json)),
          );
        }),
        { numRuns: 100 },
      );
    });
  }
});

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A string of JSON, no part of which is like another. */
function stringOf(bytes: number): Buffer {
  return Buffer.from(
    `"${randomBytes(Math.ceil(bytes / 2))
      .toString("hex")
      .slice(0, bytes)}"`,
  );
}

function asRequest({ json, chunked }: { json: Buffer; chunked: boolean }): Buffer {
  const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${json.byteLength}`;
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n`;
  if (!chunked) return Buffer.concat([Buffer.from(head), json]);
  const half = Math.ceil(json.byteLength / 2);
  const parts = [json.subarray(0, half), json.subarray(half)].flatMap((part) => [
    Buffer.from(`${part.byteLength.toString(16)}\r\n`),
    part,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([Buffer.from(head), ...parts, Buffer.from("0\r\n\r\n")]);
}

/** Sends all of it in pieces of these lengths, round and round. @returns the answers in their order. */
async function exchange(socket: Socket, bytes: Buffer, cuts: number[], count: number): Promise<string[]> {
  let text = "";
  const hashes = () => [...text.matchAll(/<([0-9a-f]{64})>/g)].map(([, hash]) => hash ?? "");
  socket.setNoDelay(true);
  const answered = new Promise<void>((resolve, reject) => {
    socket.once("error", reject).once("close", () => resolve());
    socket.setEncoding("latin1").on("data", (piece: string) => {
      text += piece;
      if (hashes().length === count) resolve();
    });
  });
  for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
    const next = at + (cuts[turn % cuts.length] ?? 1);
    if (!socket.write(bytes.subarray(at, next))) await once(socket, "drain");
    at = next;
  }
  await answered;
  socket.destroy();
  return hashes();
}

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
