import assert from "node:assert/strict";
import { isLoopback } from "../../src/hub/clientAddress";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { joinRaw } from "../support/rawParticipant";
import { askChat } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";

describe("hub: metrics", () => {
  let t: TestHub;
  beforeEach(async () => {
    t = await startHub();
  });
  afterEach(() => t.hub.close());

  const metrics = async () => String((await t.ask("GET", paths.metrics)).body);

  it("O3: count rooms, participants, answers, tokens and refusals, without a name in any label", async () => {
    const code = await t.makeRoom();
    const card = { nickname: "Ada", model: "secret-model" };
    const participant = await joinRaw(t, code, "p1", { card });
    const asked = askChat(t, code);
    const request = await participant.nextRequest();
    assert.match(await metrics(), /llm_rooms_participants\{status="busy"\} 1/);
    participant.start(request, 200, { "content-type": "text/event-stream" });
    participant.chunk(request, 'data: {"usage":{"prompt_tokens":7,"completion_tokens":5}}\n\n');
    participant.end(request);
    await asked.whole();
    const failed = askChat(t, code);
    const { requestId } = await participant.nextRequest();
    participant.send({
      type: "tunnel.response.error",
      requestId,
      stage: "a stage of its own",
      message: "no",
    });
    await failed.whole();
    await askChat(t, code, { model: "model:nobody" }).whole();

    const text = await metrics();
    assert.match(text, /llm_rooms_rooms 1/);
    assert.match(text, /llm_rooms_participants\{status="online"\} 1/);
    assert.match(text, /llm_rooms_requests_total\{protocol="chatCompletions",outcome="complete"\} 1/);
    assert.match(text, /llm_rooms_requests_total\{protocol="chatCompletions",outcome="other"\} 1/);
    assert.match(text, /llm_rooms_tokens_total\{direction="output"\} 5/);
    assert.match(text, /llm_rooms_time_to_first_token_seconds_count 1/);
    assert.match(text, /llm_rooms_refusals_total\{code="MODEL_NOT_FOUND"\} 1/);
    assert.match(text, /process_resident_memory_bytes \d{7,}/);
    for (const name of [code, "p1", "Ada", "secret-model", "a stage"]) assert.ok(!text.includes(name), name);
  });

  it("O3: tell how long requests waited for a participant", async () => {
    const code = await t.makeRoom();
    const participant = await joinRaw(t, code);
    const asked = [askChat(t, code)];
    const first = await participant.nextRequest();
    asked.push(askChat(t, code));
    await eventually(async () => /llm_rooms_waiting_requests 1/.test(await metrics()));
    t.clock.advance(3_000);
    participant.start(first, 200, { "content-type": "text/event-stream" });
    participant.end(first);
    const second = await participant.nextRequest();
    participant.start(second, 200, { "content-type": "text/event-stream" });
    participant.end(second);
    for (const each of asked) await each.whole();
    const text = await metrics();
    assert.match(text, /llm_rooms_queue_wait_seconds_bucket\{le="0.001"\} 1/);
    assert.match(text, /llm_rooms_queue_wait_seconds_sum 3\n/);
    assert.match(text, /llm_rooms_queue_wait_seconds_count 2/);
  });

  it("O3: two hubs of one process count apart", async () => {
    const other = await startHub();
    try {
      await other.makeRoom();
      assert.match(await metrics(), /llm_rooms_rooms 0/);
    } finally {
      await other.hub.close();
    }
  });

  it("O4: are refused to whoever a proxy passes on, but not to a room's host", async () => {
    const { hostToken, memberToken } = await t.makeProtectedRoom();
    for (const name of ["forwarded", "x-forwarded-for", "x-real-ip", "via"]) {
      const answer = await t.ask("GET", paths.metrics, undefined, { headers: { [name]: "10.0.0.9" } });
      assert.equal(answer.status, 401, name);
      assert.equal(answer.body.error.code, "UNAUTHORIZED");
    }
    const passedOn = (token: string) =>
      t.ask("GET", paths.metrics, undefined, {
        headers: { "x-forwarded-for": "10.0.0.9", authorization: `Bearer ${token}` },
      });
    assert.equal((await passedOn(memberToken)).status, 401);
    assert.equal((await passedOn(hostToken)).status, 200);
  });

  it("O4: are this machine's by its address", () => {
    for (const own of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]) assert.ok(isLoopback(own), own);
    for (const other of ["10.0.0.1", "127.0.0.1.example", "fe80::1", "::ffff:10.0.0.1", "", undefined]) {
      assert.ok(!isLoopback(other), other);
    }
  });
});
