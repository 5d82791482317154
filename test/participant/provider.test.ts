import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HumanError, type HumanErrorCode } from "../../src/common/humanError";
import { discoverProviders, ollamaEndpoint } from "../../src/participant/discoverProviders";
import { normaliseEndpoint } from "../../src/participant/endpoint";
import { probeProvider } from "../../src/participant/provider";
import { type FakeFlavour, type FakeProvider, startFakeProvider } from "../support/fakeProvider";

describe("probing a provider", () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  const fake = async (options: Parameters<typeof startFakeProvider>[0] = {}): Promise<FakeProvider> => {
    const provider = await startFakeProvider(options);
    open.push(provider);
    return provider;
  };
  const serve = async (listener: RequestListener): Promise<string> => {
    const server: Server = createServer(listener).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    open.push({
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const fails = (endpoint: string, code: HumanErrorCode, message: RegExp, timeoutMs?: number) =>
    assert.rejects(probeProvider({ endpoint, timeoutMs }), (error: unknown) => {
      assert.ok(error instanceof HumanError, String(error));
      assert.equal(error.code, code);
      assert.match(`${error.message} ${error.hint}`, message);
      return true;
    });

  for (const [flavour, name] of [
    ["ollama", "Ollama"],
    ["lmstudio", "LM Studio"],
    ["llamacpp", "llama.cpp"],
    ["vllm", "vLLM"],
    ["localai", "LocalAI"],
    ["openai", "OpenAI-compatible server"],
  ] as [FakeFlavour, string][]) {
    it(`P1: recognises ${name}, its models and its routes`, async () => {
      const { url } = await fake({ flavour, models: ["a:1b", "b"] });
      assert.deepEqual(await probeProvider({ endpoint: url }), {
        endpoint: url,
        name,
        models: ["a:1b", "b"],
        capabilities: { chatCompletions: "supported", openResponses: "unsupported" },
      });
    });
  }

  it("P1: sees a route for responses, and asks no model to work", async () => {
    const provider = await fake({ responses: true });
    const { capabilities } = await probeProvider({ endpoint: provider.url });
    assert.equal(capabilities.openResponses, "supported");
    assert.ok(
      provider.requests.every(({ method, body }) => method === "GET" || Object.keys(body ?? {}).length === 0),
    );
  });

  it("takes an address with or without /v1 or slash", async () => {
    const { url } = await fake();
    for (const tail of ["", "/", "/v1", "/v1/", "/v1?x=y"])
      assert.equal((await probeProvider({ endpoint: url + tail })).endpoint, url);
  });

  it("P8: gives the key to the provider as Bearer", async () => {
    const provider = await fake({ apiKey: "secret" });
    await probeProvider({ endpoint: provider.url, apiKey: "secret" });
    assert.ok(provider.requests.every(({ headers }) => headers.authorization === "Bearer secret"));
  });

  it("says that nothing answers, and what to start", async () => {
    const provider = await startFakeProvider();
    await provider.close();
    await fails(
      provider.url,
      "PROVIDER_UNREACHABLE",
      /Nothing answers at 127\.0\.0\.1:\d+\. Start it, or choose/,
    );
  });

  for (const [what, listener, message] of [
    [
      "a web page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
      /web page/,
    ],
    [
      "a redirect",
      (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/v1/models" }).end(),
      /redirects to another address/,
    ],
    ["an error", (_, response) => response.writeHead(500).end("oops"), /failed with status 500/],
    ["nothing like it", (_, response) => response.end('{"hello":1}'), /no list of models/],
    ["404 everywhere", (_, response) => response.writeHead(404).end(), /no \/v1\/models/],
    ["no models", (_, response) => response.end('{"data":[]}'), /offers no model/],
    ["bytes without end", (_, response) => response.end("x".repeat(5 * 1024 * 1024)), /more than a list/],
  ] as [string, RequestListener, RegExp][]) {
    it(`says so where it answers with ${what}`, async () => {
      await fails(await serve(listener), "PROVIDER_FAILED", message);
    });
  }

  it("says so where it wants a key", async () => {
    for (const status of [401, 403]) {
      const provider = await serve((_, response) => response.writeHead(status).end());
      await fails(provider, "WRONG_KEY", /wants a key/);
    }
  });

  it("gives up on one that never answers, or breaks off", async () => {
    await fails(await serve(() => {}), "PROVIDER_UNREACHABLE", /does not answer/, 200);
    await fails(
      await serve((request) => request.socket.destroy()),
      "PROVIDER_UNREACHABLE",
      /broke the connection/,
    );
  });

  it("can be aborted", async () => {
    const endpoint = await serve(() => {});
    await assert.rejects(probeProvider({ endpoint, signal: AbortSignal.timeout(50) }), HumanError);
  });

  for (const bad of ["", "ftp://x", "javascript:alert(1)", "http://", "file:///etc/passwd", "http://a b"])
    it(`refuses ${JSON.stringify(bad)} as an address`, async () => {
      await fails(bad, "INVALID_INPUT", /http or https URL/);
    });

  it("refuses a password in an address without repeating it", async () => {
    await assert.rejects(probeProvider({ endpoint: "http://me:hunter2@localhost" }), (error: unknown) => {
      assert.ok(error instanceof HumanError);
      assert.doesNotMatch(`${error.message} ${error.hint}`, /hunter2/);
      return true;
    });
  });

  it("keeps a path before /v1, and adds a scheme", () => {
    assert.equal(normaliseEndpoint(" localhost:1234 "), "http://localhost:1234");
    assert.equal(normaliseEndpoint("https://host/openai/v1/"), "https://host/openai");
  });

  describe("discovery", () => {
    it("finds those that answer, once each, and leaves the others out", async () => {
      const a = await fake({ flavour: "ollama" });
      const b = await fake({ flavour: "vllm" });
      const closed = await startFakeProvider();
      await closed.close();
      const silent = await serve(() => {});
      const found = await discoverProviders(undefined, {
        endpoints: [a.url, b.url, a.url, closed.url, silent],
        env: { OLLAMA_HOST: a.url },
      });
      assert.deepEqual(found.map(({ name }) => name).sort(), ["Ollama", "vLLM"]);
    });

    it("asks where OLLAMA_HOST says", async () => {
      const { url, port } = await fake();
      for (const host of [url, `127.0.0.1:${port}`, `0.0.0.0:${port}`, `:${port}`]) {
        const found = await discoverProviders(undefined, { endpoints: [], env: { OLLAMA_HOST: host } });
        assert.deepEqual(
          found.map(({ endpoint }) => endpoint),
          [url],
        );
      }
    });

    it("reads OLLAMA_HOST as Ollama does", () => {
      assert.equal(ollamaEndpoint(undefined), undefined);
      assert.equal(ollamaEndpoint(" "), undefined);
      assert.equal(ollamaEndpoint("http://["), undefined);
      assert.equal(ollamaEndpoint("0.0.0.0"), "http://127.0.0.1:11434");
      assert.equal(ollamaEndpoint("gpu.local"), "http://gpu.local:11434");
      assert.equal(ollamaEndpoint("gpu.local:80"), "http://gpu.local");
      assert.equal(ollamaEndpoint("https://gpu.local"), "https://gpu.local");
      assert.equal(ollamaEndpoint("http://gpu.local:1/x"), "http://gpu.local:1");
    });
  });
});
