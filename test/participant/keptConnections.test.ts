import assert from "node:assert/strict";
import { createServer as createTlsServer } from "node:https";
import { createServer, type Socket } from "node:net";
import { makeCertificate } from "../../src/cli/makeCertificate";
import { Agent, buildConnector, request } from "../../src/net/undici";
import { ProviderCalls, type ProviderDeadlines, ProviderFailure } from "../../src/participant/providerCalls";
import { ReusedConnections } from "../../src/participant/reusedConnections";
import { eventually } from "../support/eventually";

const answerText = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/** What a provider does with the so-manyth request, of all that it got. */
type Behaviour = (socket: Socket, request: number) => void;

/** A provider made of bare sockets, so that it can close them at any moment. */
async function startProvider(behave: Behaviour, deadlines: Partial<ProviderDeadlines> = {}) {
  const sockets: Socket[] = [];
  let requests = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {}); // A reset of either side.
    socket.on("data", () => behave(socket, ++requests));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    calls: new ProviderCalls(`http://127.0.0.1:${port}`, undefined, deadlines),
    sockets,
    requests: () => requests,
    open: () => sockets.filter((socket) => !socket.closed).length,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe("Connections to the provider that are kept", () => {
  let provider: Awaited<ReturnType<typeof startProvider>>;
  const start = async (behave: Behaviour, deadlines?: Partial<ProviderDeadlines>) => {
    provider = await startProvider(behave, deadlines);
  };
  afterEach(async () => {
    await provider.calls.close();
    await eventually(() => provider.open() === 0);
    await provider.close();
  });
  const ask = async (signal = new AbortController().signal) => {
    const path = "/v1/chat/completions";
    const { body } = await provider.calls.call({ method: "POST", path, body: "{}", stream: false, signal });
    let text = "";
    for await (const piece of body) text += Buffer.from(piece).toString();
    // A connection is free again in the turn after its answer's end.
    await new Promise((resolve) => setImmediate(resolve));
    return text;
  };

  it("carry one request after the other, and are closed with the session", async () => {
    await start((socket) => socket.write(answerText));
    for (let at = 0; at < 5; at++) assert.equal(await ask(), "{}");
    assert.equal(provider.sockets.length, 1);
    assert.equal(provider.open(), 1);
  });

  for (const [how, end] of [
    ["closes", (socket: Socket) => socket.end()],
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
  ] as const) {
    it(`P11: a provider that ${how} one while a request is on it gets that request once more`, async () => {
      await start((socket, request) => {
        if (request === 2) end(socket);
        else socket.write(answerText);
      });
      assert.equal(await ask(), "{}");
      assert.equal(await ask(), "{}");
      assert.deepEqual([provider.requests(), provider.sockets.length], [3, 2]);
    });

    it(`P11: a provider that ${how} each connection fails the request after one more try`, async () => {
      await start((socket, request) => {
        if (request >= 2) end(socket);
        else socket.write(answerText);
      });
      await ask();
      await assert.rejects(ask(), ProviderFailure);
      assert.equal(provider.requests(), 3);
    });

    it(`P11: a request is not repeated where a provider ${how} later than a close can cross it`, async () => {
      const deadlines = { crossingMs: 0 };
      await start((socket, request) => {
        if (request === 2) end(socket);
        else socket.write(answerText);
      }, deadlines);
      await ask();
      await assert.rejects(ask(), ProviderFailure);
      assert.equal(provider.requests(), 2);
    });

    it(`P11: a request is not repeated where a new connection ${how}`, async () => {
      await start((socket) => end(socket));
      await assert.rejects(ask(), ProviderFailure);
      assert.equal(provider.requests(), 1);
    });

    it(`P11: a request is not repeated where a new connection brings an empty line and ${how}`, async () => {
      await start((socket) => socket.write("\r\n", () => setImmediate(() => end(socket))));
      await assert.rejects(ask(), ProviderFailure);
      assert.equal(provider.requests(), 1);
    });

    it(`P11: a request is not repeated where its answer had begun and the provider ${how}`, async () => {
      await start((socket, request) => {
        if (request === 1) socket.write(answerText);
        else socket.write("HTTP/1.1 2", () => setImmediate(() => end(socket)));
      });
      await ask();
      await assert.rejects(ask(), ProviderFailure);
      assert.equal(provider.requests(), 2);
    });
  }

  it("P5: an abort closes the one that it is on, and nothing is tried again", async () => {
    await start((socket, request) => {
      if (request === 1) socket.write(answerText);
    });
    await ask();
    const abort = new AbortController();
    const asked = ask(abort.signal);
    await eventually(() => provider.requests() === 2);
    abort.abort("cancelled");
    await assert.rejects(asked, (reason) => reason === "cancelled");
    await eventually(() => provider.open() === 0);
    assert.equal(provider.requests(), 2);
  });
});

describe("Connections that were used before", () => {
  it("P11: are told from new ones, with TLS too", async () => {
    let requests = 0;
    const server = createTlsServer(await makeCertificate([], Date.now()), (request, response) => {
      if (++requests === 2) request.socket.destroy();
      else if (requests === 3) request.socket.destroy();
      else response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const reused = new ReusedConnections(buildConnector({ rejectUnauthorized: false }));
    const agent = new Agent({ connect: reused.connect });
    let before = reused.brought();
    const ask = async () => {
      before = reused.brought();
      const options = { dispatcher: agent, method: "POST", body: "{}" } as const;
      const { body } = await request(`https://127.0.0.1:${port}`, options);
      await body.dump();
      await new Promise((resolve) => setImmediate(resolve));
    };
    await ask();
    await assert.rejects(ask(), (error) => reused.brokeOff(error, before), "a used one");
    await assert.rejects(ask(), (error) => !reused.brokeOff(error, before), "a new one");
    assert.equal(requests, 3);
    await agent.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
