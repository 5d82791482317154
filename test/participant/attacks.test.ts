import assert from "node:assert/strict";
import { eventually } from "../support/eventually";
import { ask, useSharing } from "./sharing";

describe("A participant whose hub attacks it", () => {
  const sharing = useSharing();

  for (const [what, fields] of [
    ["a query where there is none", { path: "/v1/chat/completions?model=other" }],
    ["a slash more", { path: "/v1/chat/completions/" }],
    ["a slash more before", { path: "//v1/chat/completions" }],
    ["an encoded letter", { path: "/v1/chat/%63ompletions" }],
    ["a backslash", { path: "/v1\\chat\\completions" }],
    ["a fragment", { path: "/v1/chat/completions#" }],
    ["another case", { path: "/V1/chat/completions" }],
    ["user information", { path: "@evil.example/v1/chat/completions" }],
    ["no path", { path: "" }],
    [
      "an Ollama deletion under another name",
      { operation: "responses.delete", method: "DELETE", path: "/api/delete" },
    ],
    ["a pull", { operation: "models.list", method: "GET", path: "/api/pull" }],
    ["an encoded climb", { operation: "responses.get", method: "GET", path: "/v1/responses/%2e%2e" }],
    ["an encoded slash", { operation: "responses.get", method: "GET", path: "/v1/responses/a%2f..%2fb" }],
    ["an inherited operation", { operation: "__proto__" }],
  ] as const) {
    it(`P3: ${what} reaches no provider`, async () => {
      const { tunnel, provider } = await sharing.start({ provider: { responses: true } });
      const before = provider.requests.length;
      const answer = await tunnel.answer(tunnel.request(ask(), fields));
      assert.ok(answer.status === 403 || answer.status === 404, String(answer.status));
      assert.equal(provider.requests.length, before);
    });
  }

  for (const n of [2 ** 32, -1, 1.5, "1", null, 1e300]) {
    it(`T6: a request with ${JSON.stringify(n)} as its number fails by itself`, async () => {
      const { tunnel, provider } = await sharing.start();
      const before = provider.requests.length;
      const { ended } = await tunnel.answer(tunnel.request(undefined, { n, bodyBytes: 2 }));
      assert.ok(ended !== "end" && ended.stage === "refused");
      assert.equal(provider.requests.length, before);
      assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
    });
  }

  it("T4: the largest number is one like others", async () => {
    const { tunnel } = await sharing.start();
    const n = 2 ** 32 - 1;
    const body = Buffer.from(JSON.stringify(ask()));
    const id = tunnel.request(undefined, { n, bodyBytes: body.byteLength });
    tunnel.send({ type: "tunnel.credit", n, bytes: 1_000_000 });
    tunnel.socket.send(Buffer.concat([Buffer.from([255, 255, 255, 255]), body]));
    assert.equal((await tunnel.answer(id)).status, 200);
    assert.ok(tunnel.frames.length > 0 && tunnel.frames.every((frame) => frame.n === n));
  });

  for (const bytes of [0, -5, 0.5, "all", null]) {
    it(`T6: a grant of ${JSON.stringify(bytes)} closes the tunnel, and nothing more is sent on it`, async () => {
      const { tunnel } = await sharing.start({ model: "floods", hub: { credit: 0 } });
      const id = tunnel.request(ask({ stream: true }));
      await eventually(() => tunnel.of("tunnel.response.start", id).length === 1);
      tunnel.send({ type: "tunnel.credit", n: 1, bytes });
      await eventually(() => tunnel.closed?.code === 4003);
      assert.equal(tunnel.bytes(id).byteLength, 0);
    });
  }

  it("F2: grants for others' numbers, or for what is over, let nothing out", async () => {
    const { tunnel } = await sharing.start({ model: "floods", hub: { credit: 0 } });
    const id = tunnel.request(ask({ stream: true }));
    await eventually(() => tunnel.of("tunnel.response.start", id).length === 1);
    for (const n of [0, 2, 99, 2 ** 32 - 1]) tunnel.send({ type: "tunnel.credit", n, bytes: 1_000 });
    tunnel.send({ type: "tunnel.credit", n: 1, bytes: 3 });
    await eventually(() => tunnel.bytes(id).byteLength >= 3);
    assert.equal(tunnel.bytes(id).byteLength, 3);
    tunnel.send({ type: "tunnel.cancel", requestId: id });
    await tunnel.answer(id);
    tunnel.send({ type: "tunnel.credit", n: 1, bytes: 1_000 });
    await tunnel.answer(tunnel.request(ask(), { operation: "nothing" }));
    assert.equal(tunnel.bytes(id).byteLength, 3);
  });

  it("P9: a hundred requests at once take its one place once, and no provider's besides", async () => {
    const { tunnel, provider } = await sharing.start({ model: "holds", hub: { credit: 1_000_000 } });
    const ids = Array.from({ length: 100 }, () => tunnel.request(ask({ stream: true })));
    const refused = await Promise.all(ids.slice(1).map((id) => tunnel.answer(id)));
    assert.ok(refused.every(({ status }) => status === 429));
    await eventually(() => tunnel.bytes(ids[0] ?? "").byteLength > 0);
    assert.equal(sharing.current?.chats.length, 1);
    provider.release();
    assert.equal((await tunnel.answer(ids[0] ?? "")).ended, "end");
  });

  it("P3: __proto__ and constructor in a body change neither model nor limits", async () => {
    const { tunnel } = await sharing.start({ session: { maxTokens: 5 } });
    const nasty = JSON.parse(
      '{"__proto__":{"model":"other","max_tokens":99},"constructor":{"prototype":{"max_tokens":99}}}',
    );
    await tunnel.answer(tunnel.request({ ...ask(), ...nasty }));
    const body = sharing.current?.chats.at(-1)?.body;
    assert.deepEqual([body?.model, body?.max_tokens], ["llama3:8b", 5]);
    assert.equal(({} as Record<string, unknown>).max_tokens, undefined);
  });
});
