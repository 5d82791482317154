import assert from "node:assert/strict";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { hubKinds, Sharing } from "./sharing";

type Started = Awaited<ReturnType<typeof Sharing.start>>;

const create = { operation: "responses.create", path: "/v1/responses" };
const question = (more: Record<string, unknown> = {}) => ({
  model: "anything",
  input: "secret words",
  ...more,
});
const cancelOf = (id: string) => ({ operation: "responses.cancel", path: `/v1/responses/${id}/cancel` });
const idIn = (bytes: Buffer) => /"id":"(resp_[^"]+)"/.exec(bytes.toString())?.[1];

for (const { kind, hub } of hubKinds) {
  describe(`Responses, through ${kind}`, () => {
    let sharing: Started;
    const start = async (options: Parameters<typeof Sharing.start>[0] = {}) => {
      sharing = await Sharing.start({ hub, ...options });
      return sharing;
    };
    afterEach(() => sharing.dispose());

    it("P10: a stream is translated for a provider with chat completions only", async () => {
      const { tunnel } = await start();
      const answer = await tunnel.answer(tunnel.request(question({ stream: true }), create));
      assert.deepEqual([answer.status, answer.ended], [200, "end"]);
      assert.equal(answer.headers["content-type"], "text/event-stream");
      assert.match(
        answer.bytes.toString(),
        /response\.created[\s\S]*I am a fake provider[\s\S]*response\.completed/,
      );
      assert.equal(sharing.chats.length, 1);
    });

    it("P10: so is a whole answer", async () => {
      const { tunnel } = await start();
      const answer = await tunnel.answer(tunnel.request(question(), create));
      const response = JSON.parse(answer.bytes.toString()) as { status: string; output: unknown };
      assert.equal(response.status, "completed");
      assert.match(JSON.stringify(response.output), /I am a fake provider/);
    });

    it("P10: what cannot be translated is refused with 400, and the field is named", async () => {
      const { tunnel } = await start();
      const answer = await tunnel.answer(
        tunnel.request(question({ previous_response_id: "resp_0" }), create),
      );
      assert.equal(answer.status, 400);
      assert.match(answer.bytes.toString(), /previous_response_id/);
      assert.equal(sharing.chats.length, 0);
    });

    it("P10: an error of the provider keeps its status", async () => {
      const { tunnel } = await start({ model: "error-429" });
      const answer = await tunnel.answer(tunnel.request(question({ stream: true }), create));
      assert.deepEqual([answer.status, answer.headers["retry-after"]], [429, "7"]);
    });

    for (const model of ["cuts-mid-stream", "error-mid-stream", "garbage"])
      it(`P10: a provider that does "${model}" ends in response.failed`, async () => {
        const { tunnel } = await start({ model });
        const answer = await tunnel.answer(tunnel.request(question({ stream: true }), create));
        assert.equal(answer.ended, "end");
        assert.match(answer.bytes.toString(), /response\.failed/);
        assert.doesNotMatch(answer.bytes.toString(), /response\.completed/);
      });

    it("P10: a whole answer that is none fails", async () => {
      const { tunnel } = await start({ model: "html" });
      const { ended } = await tunnel.answer(tunnel.request(question(), create));
      assert.ok(ended !== "end" && /not a chat completion/.test(ended.message));
    });

    it("P10: the tokens are capped here too", async () => {
      const { tunnel } = await start({ session: { maxTokens: 10 } });
      await tunnel.answer(tunnel.request(question({ max_output_tokens: 500 }), create));
      assert.equal(sharing.chats[0]?.body?.max_tokens, 10);
    });

    for (const responses of [false, true]) {
      const what = responses ? "a native" : "a translated";
      it(`P10: cancelling ${what} stream by its id stops the provider and ends the stream`, async () => {
        const { tunnel, provider } = await start({ model: "holds", provider: { responses } });
        const running = tunnel.request(question({ stream: true }), create);
        const id = await eventually(() => idIn(tunnel.bytes(running)) ?? false);
        const cancelled = await tunnel.answer(tunnel.request(undefined, cancelOf(id)));
        assert.equal(cancelled.status, 200);
        assert.equal((JSON.parse(cancelled.bytes.toString()) as { status: string }).status, "cancelled");
        const answer = await tunnel.answer(running);
        assert.equal(answer.ended, "end");
        const call = await provider.waitForRequest(({ body }) => body?.stream === true);
        await call.ended;
        assert.equal(call.aborted, true);
        if (!responses)
          assert.match(answer.bytes.toString(), /response\.incomplete[\s\S]*"status":"cancelled"/);
      });
    }

    it("P10: cancelling what does not run is 404, or the provider's own answer", async () => {
      const translated = await start();
      assert.equal(
        (await translated.tunnel.answer(translated.tunnel.request(undefined, cancelOf("resp_x")))).status,
        404,
      );
      await translated.dispose();
      const native = await start({ provider: { responses: true } });
      assert.equal(
        (await native.tunnel.answer(native.tunnel.request(undefined, cancelOf("resp_x")))).status,
        200,
      );
      assert.ok(native.provider.requests.some(({ path }) => path === "/v1/responses/resp_x/cancel"));
    });

    it("P10: a native stream passes byte for byte, and so do its look-ups", async () => {
      const { tunnel, provider } = await start({ provider: { responses: true } });
      const answer = await tunnel.answer(tunnel.request(question({ stream: true }), create));
      const direct = await fetch(`${provider.url}/v1/responses`, {
        method: "POST",
        body: JSON.stringify(question({ stream: true, model: "llama3:8b" })),
      });
      assert.equal(answer.bytes.toString(), await direct.text());
      for (const fields of [
        { operation: "responses.get", method: "GET", path: "/v1/responses/resp_1?include=x" },
        { operation: "responses.delete", method: "DELETE", path: "/v1/responses/resp_1" },
        { operation: "responses.input_items", method: "GET", path: "/v1/responses/resp_1/input_items" },
      ]) {
        assert.equal((await tunnel.answer(tunnel.request(undefined, fields))).status, 200);
        assert.equal(provider.requests.at(-1)?.path, fields.path);
      }
    });
  });
}

describe("A model that loads slowly, through a Gambi hub", () => {
  it("P10: tells its response id early, keeps the stream alive, and can be cancelled", async () => {
    const clock = new FakeClock();
    const sharing = await Sharing.start({
      model: "stalls-before-first-byte",
      hub: { features: undefined },
      session: { clock },
    });
    const { tunnel } = sharing;
    const running = tunnel.request(question({ stream: true }), create);
    await eventually(() => sharing.chats.length === 1);
    assert.equal(tunnel.bytes(running).byteLength, 0);
    clock.advance(2_000);
    const id = await eventually(() => idIn(tunnel.bytes(running)) ?? false);
    await eventually(() => {
      clock.advance(500);
      return tunnel.bytes(running).toString().includes(": waiting");
    });
    await tunnel.answer(tunnel.request(undefined, cancelOf(id)));
    assert.equal((await tunnel.answer(running)).ended, "end");
    await sharing.chats[0]?.ended;
    assert.equal(sharing.chats[0]?.aborted, true);
    await sharing.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});
