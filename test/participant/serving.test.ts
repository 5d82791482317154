import assert from "node:assert/strict";
import { MAX_RELAYED_BODY_BYTES } from "../../src/protocol/constants";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { ask, hubKinds, Sharing } from "./sharing";

type Started = Awaited<ReturnType<typeof Sharing.start>>;

/** How long a hub that announced a body may send none of it, ms. */
const BODY_SILENCE_MS = 30_000;

/** The participant's, which a hub answers by asking another one where it may. */
async function isFailure(tunnel: Started["tunnel"], requestId: string): Promise<void> {
  const { status, ended } = await tunnel.answer(requestId);
  assert.equal(status, undefined);
  assert.ok(ended !== "end" && ended.stage === "proxy");
}

for (const { kind, hub } of hubKinds) {
  describe(`Serving ${kind}`, () => {
    let sharing: Started;
    const start = async (options: Parameters<typeof Sharing.start>[0] = {}) => {
      sharing = await Sharing.start({ hub, ...options });
      return sharing;
    };
    afterEach(() => sharing.dispose());

    it("P4: passes the provider's stream on byte for byte, split characters included", async () => {
      const { tunnel, provider } = await start({ model: "utf8" });
      assert.equal(tunnel.isOurs, kind === "a hub of ours");
      const answer = await tunnel.answer(tunnel.request(ask({ stream: true })));
      assert.equal(answer.ended, "end");
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-type"], "text/event-stream");
      const direct = await fetch(`${provider.url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify(ask({ stream: true, model: "utf8" })),
      });
      assert.equal(answer.bytes.toString(), await direct.text());
    });

    it("P4: passes status, Retry-After and an error's body on", async () => {
      const { tunnel } = await start({ model: "error-429" });
      const answer = await tunnel.answer(tunnel.request(ask()));
      assert.deepEqual([answer.status, answer.headers["retry-after"], answer.ended], [429, "7", "end"]);
      assert.match(answer.bytes.toString(), /overloaded/);
    });

    it("P3: the provider gets our model and nothing of the hub's headers", async () => {
      const { tunnel, chats } = await start();
      await tunnel.answer(
        tunnel.request(ask({ model: "secret-other-model", seed: 7, x_custom: [1] }), {
          headers: { authorization: "Bearer hub", "x-evil": "1", host: "example.com" },
        }),
      );
      const [call] = sharing.chats;
      assert.equal(chats.length, 0);
      assert.equal(call?.body?.model, "llama3:8b");
      assert.deepEqual([call?.body?.seed, call?.body?.x_custom], [7, [1]]);
      assert.equal(call?.headers.authorization, undefined);
      assert.equal(call?.headers["x-evil"], undefined);
      assert.notEqual(call?.headers.host, "example.com");
    });

    it("P3: caps the tokens that a request may ask for", async () => {
      const { tunnel } = await start({ session: { maxTokens: 100, capacity: 3 } });
      for (const [asked, expected] of [
        [{ max_tokens: 5_000 }, { max_tokens: 100 }],
        [{ max_completion_tokens: 5_000 }, { max_tokens: 100, max_completion_tokens: 100 }],
        [{ max_tokens: 50 }, { max_tokens: 50 }],
        [{ max_tokens: "many" }, { max_tokens: 100 }],
        [{ max_tokens: -1 }, { max_tokens: 100 }],
        [{}, { max_tokens: 100 }],
      ]) {
        await tunnel.answer(tunnel.request(ask(asked)));
        const { max_tokens, max_completion_tokens } = sharing.chats.at(-1)?.body ?? {};
        assert.deepEqual(
          { max_tokens, max_completion_tokens },
          { max_tokens: undefined, max_completion_tokens: undefined, ...expected },
        );
      }
    });

    for (const [what, fields] of [
      ["a dangerous path", { path: "/api/delete", method: "DELETE" }],
      ["a dangerous path under an allowed operation", { path: "/api/delete" }],
      [
        "a path that resolves elsewhere",
        { operation: "responses.get", method: "GET", path: "/v1/responses/.." },
      ],
      ["a path that climbs", { operation: "responses.cancel", path: "/v1/responses/../cancel" }],
      ["an absolute URL", { path: "http://169.254.169.254/v1/chat/completions" }],
      ["another host", { path: "//example.com/v1/chat/completions" }],
      ["a method that does not belong", { method: "DELETE" }],
      ["an unknown operation", { operation: "models.delete" }],
      ["a word of JavaScript as an operation", { operation: "constructor" }],
      ["a line break", { path: "/v1/chat/completions\r\nx: y" }],
    ] as const) {
      it(`P3: refuses ${what} without asking the provider`, async () => {
        // With responses of its own, so that only the check keeps these paths from it.
        const { tunnel, provider } = await start({ provider: { responses: true } });
        const before = provider.requests.length;
        const answer = await tunnel.answer(tunnel.request(ask(), fields));
        assert.ok(answer.status === 403 || answer.status === 404, String(answer.status));
        assert.match(answer.bytes.toString(), /"error":\{"message"/);
        assert.equal(provider.requests.length, before);
      });
    }

    for (const [what, body] of [
      ["a list", []],
      ["a string", "hello"],
      ["no messages", { model: "x" }],
      ["messages that are none", { model: "x", messages: "secret words" }],
      ["null", null],
    ] as const) {
      it(`P3: refuses ${what} as a body, without repeating it`, async () => {
        const { tunnel, provider } = await start();
        const before = provider.requests.length;
        const answer = await tunnel.answer(tunnel.request(body));
        assert.equal(answer.status, 400);
        assert.doesNotMatch(answer.bytes.toString(), /secret/);
        assert.equal(provider.requests.length, before);
      });
    }

    it("P9: at capacity it refuses with 429 and says why, then serves again", async () => {
      const { tunnel, provider } = await start({ model: "holds" });
      const first = tunnel.request(ask({ stream: true }));
      await eventually(() => tunnel.bytes(first).byteLength > 0);
      const second = await tunnel.answer(tunnel.request(ask()));
      assert.equal(second.status, 429);
      assert.ok(Number(second.headers["retry-after"]) > 0);
      assert.match(second.bytes.toString(), /busy/);
      provider.release();
      assert.equal((await tunnel.answer(first)).ended, "end");
      assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
    });

    it("P9: paused it refuses with 429, and what runs goes on", async () => {
      const { tunnel, provider, session } = await start({ model: "holds", session: { capacity: 2 } });
      const first = tunnel.request(ask({ stream: true }));
      await eventually(() => tunnel.bytes(first).byteLength > 0);
      session.setPaused(true);
      const refused = await tunnel.answer(tunnel.request(ask()));
      assert.equal(refused.status, 429);
      assert.match(refused.bytes.toString(), /paused/);
      session.setPaused(false);
      provider.release();
      assert.equal((await tunnel.answer(first)).ended, "end");
      assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
    });

    for (const [model, message] of [
      ["cuts-mid-stream", /broke off/],
      ["stalls", /fell silent for 0.2 s/],
      ["stalls-before-first-byte", /sent nothing for 0.3 s/],
    ] as const) {
      it(`P4: a provider that ${model} fails its request, and the next one is served`, async () => {
        const deadlines = { firstByteMs: 300, silenceMs: 200 };
        const { tunnel } = await start({ model, session: { deadlines } });
        const answer = await tunnel.answer(tunnel.request(ask({ stream: true })));
        assert.ok(answer.ended !== "end");
        assert.equal(answer.ended.stage, "proxy");
        assert.match(answer.ended.message, message);
        const again = await tunnel.answer(tunnel.request(ask({ stream: true })));
        assert.notEqual(again.status, 429);
      });
    }

    it("P4: a provider that is gone fails the request with 'proxy'", async () => {
      const { tunnel, provider } = await start();
      await provider.close();
      const answer = await tunnel.answer(tunnel.request(ask()));
      assert.deepEqual(answer.ended, {
        stage: "proxy",
        message: "The provider does not answer: it is not running.",
      });
    });

    it("P4: garbage and web pages pass as they are; they are the provider's own words", async () => {
      const { tunnel } = await start({ model: "html" });
      const answer = await tunnel.answer(tunnel.request(ask({ stream: true })));
      assert.equal(answer.headers["content-type"], "text/html");
      assert.match(answer.bytes.toString(), /<html>/);
    });

    it("P4: a prompt of 30 MB arrives whole", async () => {
      const { tunnel } = await start();
      const content = "ä".repeat(15 * 1024 * 1024);
      const answer = await tunnel.answer(tunnel.request(ask({ messages: [{ role: "user", content }] })));
      assert.equal(answer.status, 200);
      assert.ok((sharing.chats[0]?.bodyBytes ?? 0) > 30 * 1024 * 1024);
    });

    it("P4: a hub that does not read slows the provider and fills no memory", async () => {
      const { tunnel } = await start({ model: "floods" });
      const requestId = tunnel.request(ask({ stream: true }));
      await eventually(() => tunnel.bytes(requestId).byteLength > 0);
      tunnel.socket.pause();
      const [call] = sharing.chats;
      let sent = 0;
      let looksWithoutMore = 0;
      await eventually(() => {
        const now = call?.bytesSent ?? 0;
        looksWithoutMore = now > 0 && now === sent ? looksWithoutMore + 1 : 0;
        sent = now;
        return looksWithoutMore === 20;
      });
      assert.ok(sent < 40 * 1024 * 1024, `${sent} bytes left the provider`);
      tunnel.socket.resume();
      assert.equal((await tunnel.answer(requestId)).ended, "end");
      assert.ok(tunnel.bytes(requestId).byteLength > 60 * 1024 * 1024);
    });

    it("P5: a lost tunnel aborts the provider's request", async () => {
      const { tunnel, provider } = await start({ model: "holds" });
      const requestId = tunnel.request(ask({ stream: true }));
      await eventually(() => tunnel.bytes(requestId).byteLength > 0);
      tunnel.socket.terminate();
      const call = await provider.waitForRequest(({ body }) => body?.stream === true);
      await call.ended;
      assert.equal(call.aborted, true);
    });

    it("T6: a malformed request fails by itself; the tunnel lives", async () => {
      const { tunnel } = await start();
      tunnel.send({ type: "tunnel.request", requestId: "bad", operation: 7 });
      const answer = await tunnel.answer("bad");
      assert.ok(answer.ended !== "end" && answer.ended.stage === "refused");
      assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
    });

    it("T6: an unknown type of message is left alone", async () => {
      const { tunnel } = await start();
      tunnel.send({ type: "tunnel.credit", n: 1, bytes: 5 });
      assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
    });

    for (const [what, send] of [
      ["bytes that are no JSON", "}{"],
      ["JSON that is no message", "[1]"],
      ["a cancel of nothing", '{"type":"tunnel.cancel"}'],
    ] as const) {
      it(`T6: ${what} close the tunnel with 4003, and it comes back`, async () => {
        const { tunnel, session } = await start();
        tunnel.socket.send(send);
        await eventually(() => tunnel.closed?.code === 4003);
        await sharing.hub.tunnel(2);
        await eventually(() => session.state.state === "sharing");
      });
    }
  });
}

describe("Serving a hub of ours", () => {
  let sharing: Started;
  afterEach(() => sharing.dispose());

  it("P5: a cancel aborts the provider at once and is confirmed", async () => {
    sharing = await Sharing.start({ model: "holds" });
    const { tunnel, provider } = sharing;
    const requestId = tunnel.request(ask({ stream: true }));
    await eventually(() => tunnel.bytes(requestId).byteLength > 0);
    tunnel.send({ type: "tunnel.cancel", requestId });
    const answer = await tunnel.answer(requestId);
    assert.ok(answer.ended !== "end" && answer.ended.stage === "cancelled");
    const call = await provider.waitForRequest(({ body }) => body?.stream === true);
    await call.ended;
    assert.equal(call.aborted, true);
    provider.release();
    assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
  });

  it("P5: a cancel before the first byte, and before the body is whole, is confirmed too", async () => {
    sharing = await Sharing.start({ model: "stalls-before-first-byte", session: { capacity: 2 } });
    const { tunnel } = sharing;
    const waiting = tunnel.request(ask());
    const halfSent = tunnel.request(undefined, { bodyBytes: 1_000 });
    await eventually(() => sharing.chats.length === 1);
    for (const requestId of [waiting, halfSent]) tunnel.send({ type: "tunnel.cancel", requestId });
    for (const requestId of [waiting, halfSent]) {
      const { ended } = await tunnel.answer(requestId);
      assert.ok(ended !== "end" && ended.stage === "cancelled");
    }
    await sharing.chats[0]?.ended;
    assert.equal(sharing.session.state.state === "sharing" && sharing.session.state.active.length, 0);
  });

  it("P5: a cancel of what has ended, or never was, is nothing", async () => {
    sharing = await Sharing.start();
    const { tunnel } = sharing;
    const requestId = tunnel.request(ask());
    await tunnel.answer(requestId);
    tunnel.send({ type: "tunnel.cancel", requestId });
    tunnel.send({ type: "tunnel.cancel", requestId: "never" });
    assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
    assert.equal(tunnel.of("tunnel.response.error").length, 0);
  });

  it("P2: its status goes to the hub the moment it changes", async () => {
    sharing = await Sharing.start({ model: "holds", session: { capacity: 2 } });
    const { tunnel, provider, session } = sharing;
    const said = () => tunnel.of("tunnel.status").map(({ status, active }) => `${status} ${active}`);
    const requests = [tunnel.request(ask({ stream: true }))];
    await eventually(() => said().length === 1);
    requests.push(tunnel.request(ask({ stream: true })));
    await eventually(() => said().length === 2);
    provider.release();
    for (const requestId of requests) await tunnel.answer(requestId);
    await eventually(() => said().length === 4);
    session.setPaused(true);
    session.setPaused(true);
    await eventually(() => said().length === 5);
    assert.deepEqual(said(), ["online 1", "busy 2", "online 1", "online 0", "busy 0"]);
  });

  it("T4: an oversized frame, or more bytes than announced, fails its own request only", async () => {
    sharing = await Sharing.start({ session: { capacity: 3 } });
    const { tunnel } = sharing;
    const tooMany = tunnel.request(undefined, { bodyBytes: 3 });
    tunnel.socket.send(Buffer.from([0, 0, 0, 1, 1, 2, 3, 4, 5]));
    await isFailure(tunnel, tooMany);
    const oversized = tunnel.request(undefined, { bodyBytes: 2 * 1024 * 1024 });
    tunnel.socket.send(Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.alloc(1024 * 1024)]));
    await isFailure(tunnel, oversized);
    assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
  });

  it("Q7: a body that does not come is no fault of the requester's: another participant is to be asked", async () => {
    const clock = new FakeClock();
    sharing = await Sharing.start({ session: { clock } });
    const { tunnel } = sharing;
    const halfSent = tunnel.request(undefined, { bodyBytes: 1_000 });
    const isBusy = () => tunnel.of("tunnel.status").some(({ status }) => status === "busy");
    await eventually(() => {
      clock.advance(20);
      return isBusy();
    });
    clock.advance(BODY_SILENCE_MS);
    await isFailure(tunnel, halfSent);
    assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
  });

  it("T4: bodies over the limit, alone or together, are refused before they come", async () => {
    sharing = await Sharing.start({ session: { capacity: 10 } });
    const { tunnel } = sharing;
    const half = MAX_RELAYED_BODY_BYTES;
    const [first, second, third] = [0, 1, 2].map(() => tunnel.request(undefined, { bodyBytes: half }));
    assert.equal((await tunnel.answer(third ?? "")).status, 429);
    for (const requestId of [first, second]) tunnel.send({ type: "tunnel.cancel", requestId });
    const tooLong = await tunnel.answer(tunnel.request(undefined, { bodyBytes: half + 1 }));
    assert.ok(tooLong.ended !== "end" && tooLong.ended.stage === "refused");
  });

  it("T6: a frame too short to be one, or an id used twice, closes the tunnel with 4003", async () => {
    sharing = await Sharing.start({ model: "holds", session: { capacity: 2 } });
    const { tunnel, hub } = sharing;
    tunnel.socket.send(Buffer.from([1, 2]));
    await eventually(() => tunnel.closed?.code === 4003);
    const next = await hub.tunnel(2);
    await eventually(() => sharing.session.state.state === "sharing");
    const requestId = next.request(ask({ stream: true }));
    next.request(ask({ stream: true }), { requestId });
    await eventually(() => next.closed?.code === 4003);
  });

  it("T4: late frames for a request that is over are ignored", async () => {
    sharing = await Sharing.start();
    const { tunnel } = sharing;
    const requestId = tunnel.request(ask());
    await tunnel.answer(requestId);
    tunnel.socket.send(Buffer.from([0, 0, 0, 1, 9, 9, 9]));
    assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
  });
});
