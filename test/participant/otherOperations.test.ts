import assert from "node:assert/strict";
import { hubKinds, Sharing } from "./sharing";

type Started = Awaited<ReturnType<typeof Sharing.start>>;

const completion = { operation: "completions.create", path: "/v1/completions" };
const embeddings = { operation: "embeddings.create", path: "/v1/embeddings" };
const models = { operation: "models.list", method: "GET", path: "/v1/models" };

for (const { kind, hub } of hubKinds) {
  describe(`Serving ${kind} completions, embeddings and models`, () => {
    let sharing: Started;
    const start = async (options: Parameters<typeof Sharing.start>[0] = {}) => {
      sharing = await Sharing.start({ hub, ...options });
      return sharing;
    };
    afterEach(() => sharing.dispose());
    const last = () => sharing.provider.requests.at(-1);

    it("P4: a completion's stream passes byte for byte", async () => {
      const { tunnel, provider } = await start();
      const body = { model: "llama3:8b", prompt: "def f(", suffix: ")", stream: true };
      const answer = await tunnel.answer(tunnel.request({ ...body, model: "other" }, completion));
      assert.deepEqual([answer.status, answer.ended], [200, "end"]);
      assert.deepEqual(last()?.body, body, "with our model");
      const direct = await fetch(`${provider.url}/v1/completions`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      assert.equal(answer.bytes.toString(), await direct.text());
    });

    it("P3: caps a completion's tokens", async () => {
      const { tunnel } = await start({ session: { maxTokens: 100 } });
      for (const [asked, expected] of [
        [5_000, 100],
        [50, 50],
        [undefined, 100],
      ]) {
        await tunnel.answer(tunnel.request({ model: "x", prompt: "a", max_tokens: asked }, completion));
        assert.equal(last()?.body?.max_tokens, expected);
        assert.equal(last()?.body?.max_completion_tokens, undefined);
      }
    });

    it("P4: embeddings come back as the provider gave them, and have no limit of tokens", async () => {
      const { tunnel } = await start({ session: { maxTokens: 100 } });
      const answer = await tunnel.answer(tunnel.request({ model: "x", input: ["a", "b"] }, embeddings));
      assert.equal(answer.status, 200);
      assert.deepEqual(last()?.body, { model: "llama3:8b", input: ["a", "b"] });
      assert.equal(JSON.parse(answer.bytes.toString()).data.length, 2);
    });

    for (const [what, operation, body] of [
      ["a completion without a prompt", completion, { model: "x", messages: ["secret"] }],
      ["a completion of an object", completion, { prompt: { secret: 1 } }],
      ["embeddings of nothing", embeddings, { model: "x", input: [] }],
      ["embeddings of a number", embeddings, { input: 7, note: "secret" }],
      ["a list", embeddings, ["secret"]],
    ] as const) {
      it(`P3: refuses ${what}, without asking the provider`, async () => {
        const { tunnel, provider } = await start();
        const before = provider.requests.length;
        const answer = await tunnel.answer(tunnel.request(body, operation));
        assert.equal(answer.status, 400);
        assert.doesNotMatch(answer.bytes.toString(), /secret/);
        assert.equal(provider.requests.length, before);
      });
    }

    it("P3: lists the shared model alone, whatever else its provider has", async () => {
      const { tunnel, provider } = await start({ provider: { models: ["llama3:8b", "my-private-model"] } });
      const before = provider.requests.length;
      const answer = await tunnel.answer(tunnel.request(undefined, models));
      assert.equal(answer.status, 200);
      const { object, data } = JSON.parse(answer.bytes.toString());
      assert.equal(object, "list");
      assert.deepEqual(
        data.map(({ id }: { id: string }) => id),
        ["llama3:8b"],
      );
      assert.equal(provider.requests.length, before);
    });

    it("P9: completions and embeddings take a place each, a list of models takes none", async () => {
      const { tunnel } = await start({ model: "holds" });
      const running = tunnel.answer(tunnel.request({ prompt: "a", stream: true }, completion));
      await sharing.provider.waitForRequest("/v1/completions");
      assert.equal((await tunnel.answer(tunnel.request({ input: "a" }, embeddings))).status, 429);
      assert.equal((await tunnel.answer(tunnel.request({ prompt: "a" }, completion))).status, 429);
      assert.equal((await tunnel.answer(tunnel.request(undefined, models))).status, 200);
      sharing.provider.release();
      assert.equal((await running).ended, "end");
    });
  });
}
