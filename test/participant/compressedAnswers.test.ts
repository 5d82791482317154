import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from "node:zlib";
import { ProviderCalls, ProviderFailure } from "../../src/participant/providerCalls";

const text = JSON.stringify({ choices: [{ message: { content: "früh ".repeat(1_000) } }] });

describe("A provider that compresses although it is asked not to", () => {
  let respond: (response: ServerResponse) => void;
  let close: () => Promise<void>;
  let provider: ProviderCalls;
  beforeEach(async () => {
    const server = createServer((_, response) => respond(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    provider = new ProviderCalls(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, undefined);
    close = async () => {
      await provider.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  });
  afterEach(() => close());

  const call = () =>
    provider.call({
      method: "POST",
      path: "/v1/chat/completions",
      body: "{}",
      stream: true,
      signal: new AbortController().signal,
    });
  const send = (encoding: string, bytes: Uint8Array) => {
    respond = (response) => response.writeHead(200, { "content-encoding": encoding }).end(bytes);
  };
  const read = async () => {
    const { headers, body } = await call();
    assert.equal(headers["content-encoding"], undefined);
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };

  for (const [encoding, compress] of [
    ["gzip", gzipSync],
    ["X-GZIP", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["identity", (plain: string) => Buffer.from(plain)],
  ] as const) {
    it(`P4: passes on what it meant (${encoding})`, async () => {
      send(encoding, compress(text));
      assert.equal(await read(), text);
    });
  }

  for (const [encoding, compress] of [
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const) {
    it(`P4: is whole for whoever begins to read late, when much waits (${encoding})`, async () => {
      const long = randomBytes(150_000).toString("hex");
      send(encoding, compress(long));
      const { body } = await call();
      // Takes longer than what waits meanwhile.
      for (let times = 0; times < 3; times++) assert.equal(await read(), long);
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(piece);
      assert.ok(Buffer.concat(pieces).equals(Buffer.from(long)));
    });
  }

  it("P4: passes on each piece of a stream as it comes", async () => {
    const gzip = createGzip();
    respond = (response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      gzip.pipe(response);
      gzip.write("data: 1\n\n");
      gzip.flush(constants.Z_SYNC_FLUSH);
    };
    const pieces = (await call()).body[Symbol.asyncIterator]();
    assert.equal(Buffer.from((await pieces.next()).value ?? []).toString(), "data: 1\n\n");
    gzip.end("data: 2\n\n");
    assert.equal(Buffer.from((await pieces.next()).value ?? []).toString(), "data: 2\n\n");
    assert.equal((await pieces.next()).done, true);
  });

  it("P4: fails where it is garbage, or in a way that nobody knows", async () => {
    send("gzip", Buffer.from("not compressed at all"));
    await assert.rejects(read(), ProviderFailure);
    send("constructor", Buffer.from(text));
    await assert.rejects(read(), ProviderFailure);
  });

  it("P4: fails where its status is none", async () => {
    respond = (response) => response.writeHead(999).end(text);
    await assert.rejects(read(), /cannot be read/);
  });

  it("P5: leaving in the middle closes its connection", async () => {
    const closed = new Promise<void>((resolve) => {
      respond = (response) => {
        response.once("close", resolve);
        response.writeHead(200, { "content-encoding": "gzip" });
        const gzip = createGzip();
        gzip.pipe(response);
        gzip.write("data: 1\n\n");
        gzip.flush(constants.Z_SYNC_FLUSH);
      };
    });
    for await (const _ of (await call()).body) break;
    await closed;
  });
});
