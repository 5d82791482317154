import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { systemClock } from "../../src/common/clock";
import { ProviderCalls } from "../../src/participant/providerCalls";
import { checkBody } from "../../src/participant/requestPolicy";
import { RunningResponses } from "../../src/participant/runningResponses";
import { ServedRequest } from "../../src/participant/servedRequest";
import { TunnelAnswer } from "../../src/participant/tunnelAnswer";
import { eventually } from "../support/eventually";

const chat = { model: "x", messages: [{ role: "user", content: "hello" }] };

describe("What a participant lets a request ask for", () => {
  // Ollama's parser ignores case, and takes the last of several: each of these would pass by the owner's limits.
  for (const name of [
    "Model",
    "MODEL",
    "Max_tokens",
    "max_to\u212aens",
    "max_token\u017f",
    "MAX_COMPLETION_TOKENS",
    "\u017ftream",
  ]) {
    it(`P3: refuses another spelling of a field that it looks at (${name})`, () => {
      const checked = checkBody(
        "chat.completions.create",
        { ...chat, [name]: 1 },
        { model: "shared", maxTokens: 100 },
      );
      assert.equal(checked.valid, false);
      assert.equal(!checked.valid && checked.refusal.status, 400);
      assert.match(checked.valid ? "" : checked.refusal.message, /small letters/);
    });
  }

  it("P3: lets pass what only looks alike", () => {
    const body = { ...chat, max_tokens: 5, models: ["a"], modelName: "b", stream_options: {}, stream: true };
    const checked = checkBody("chat.completions.create", body, { model: "shared", maxTokens: 100 });
    assert.deepEqual(checked.valid && checked.value.fields, { model: "shared", max_tokens: 5 });
  });
});

describe("A refusal by the provider", () => {
  for (const startEarly of [false, true]) {
    for (const status of [401, 302]) {
      it(`keeps no connection, however long its body is (${status}, ${startEarly ? "early" : "in time"})`, async () => {
        const open = new Set<Socket>();
        const server = createServer((_, response) => response.writeHead(status).end("x".repeat(16_000_000)));
        server.on("connection", (socket) => {
          open.add(socket);
          socket.on("close", () => open.delete(socket));
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const provider = new ProviderCalls(
          `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          undefined,
        );
        try {
          for (let n = 1; n <= 3; n++) {
            const tunnel = { isOurs: true, send: async () => {}, sendFrame: async () => {} };
            const answer = new TunnelAnswer(tunnel, `r${n}`, n, () => {});
            const limits = { model: "m", maxTokens: undefined };
            const running = new RunningResponses();
            const context = {
              provider,
              limits,
              nativeResponses: false,
              running,
              clock: systemClock,
              startEarly,
              onDidChangeActive: () => {},
            };
            // Translated, since only that begins early.
            const request = {
              ...({ operation: "responses.create", method: "POST", path: "/v1/responses" } as const),
              ...{ generates: true, responseId: undefined },
            };
            const served = new ServedRequest(`r${n}`, request, answer, context, undefined);
            await served.serve({ model: "m", input: "hello", stream: true });
          }
          await eventually(() => open.size === 0);
        } finally {
          await provider.close();
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        }
      });
    }
  }
});
