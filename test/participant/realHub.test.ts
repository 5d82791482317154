import assert from "node:assert/strict";
import OpenAI from "openai";
import { createHub, type Hub } from "../../src/hub/createHub";
import { ParticipantSession, type ParticipantSessionOptions } from "../../src/participant/participantSession";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";

interface Card {
  id: string;
  status: string;
  connection: { connected: boolean };
}

describe("A session on the real hub", () => {
  let hub: Hub;
  let provider: FakeProvider;
  let code: string;
  const sessions: ParticipantSession[] = [];

  const json = async (path: string, init?: RequestInit) => {
    const answer = (await (await fetch(hub.url + path, init)).json()) as { data: unknown };
    return answer.data;
  };
  const makeRoom = async () => {
    const made = await json(paths.rooms, { method: "POST", body: JSON.stringify({ name: "Team" }) });
    return (made as { room: { code: string } }).room.code;
  };
  const cards = async () => (await json(paths.participants(code))) as Card[];
  const client = () =>
    new OpenAI({ baseURL: hub.url + paths.inference(code), apiKey: "none", maxRetries: 0 });
  const share = async (more: Partial<ParticipantSessionOptions> = {}) => {
    const session = new ParticipantSession({
      hubUrl: hub.url,
      roomCode: code,
      participantId: "p1",
      nickname: "Ada",
      endpoint: provider.url,
      model: "plain",
      ...more,
    });
    sessions.push(session);
    await session.start();
    return session;
  };

  beforeEach(async () => {
    hub = await createHub({ port: 0, open: true });
    provider = await startFakeProvider({ models: ["plain", "holds"] });
    code = await makeRoom();
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) await session.stop();
    await hub.close();
    await provider.close();
    assert.equal(provider.openSockets, 0);
  });

  it("P2: is online as soon as it has started, busy while it serves, and online after", async () => {
    await share({ model: "holds" });
    const status = async () => (await cards())[0]?.status;
    assert.equal(await status(), "online");
    const stream = await client().chat.completions.create({
      model: "p1",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
    });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    assert.equal(await status(), "busy");
    provider.release();
    while (!(await iterator.next()).done);
    await eventually(async () => (await status()) === "online");
  });

  it("P4: OpenAI's client chats with it, streamed and whole", async () => {
    await share();
    const messages = [{ role: "user" as const, content: "hi" }];
    const whole = await client().chat.completions.create({ model: "any", messages });
    assert.match(whole.choices[0]?.message.content ?? "", /fake provider/);
    let text = "";
    for await (const chunk of await client().chat.completions.create({
      model: "any",
      messages,
      stream: true,
    }))
      text += chunk.choices[0]?.delta.content ?? "";
    assert.match(text, /fake provider/);
  });

  it("P5: a requester that leaves frees the provider", async () => {
    const session = await share({ model: "holds" });
    const stream = await client().chat.completions.create({
      model: "p1",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
    });
    await stream[Symbol.asyncIterator]().next();
    stream.controller.abort();
    const call = await provider.waitForRequest(({ body }) => body?.stream === true);
    await call.ended;
    assert.equal(call.aborted, true);
    await eventually(() => session.state.state === "sharing" && session.state.active.length === 0);
  });

  it("P9: paused it is busy for everyone", async () => {
    const session = await share();
    session.setPaused(true);
    await eventually(async () => (await cards())[0]?.status === "busy");
    session.setPaused(false);
    await eventually(async () => (await cards())[0]?.status === "online");
  });

  it("P10: OpenAI's client streams a response from it", async () => {
    await share();
    const final = await client().responses.stream({ model: "p1", input: "hi" }).finalResponse();
    assert.match(final.output_text, /fake provider/);
  });

  it("P7: has left the room when it is stopped", async () => {
    const session = await share();
    await session.stop();
    assert.deepEqual(await cards(), []);
  });

  it("P7: who waits for it is not given to it while it is being stopped", async () => {
    const session = await share({ model: "holds" });
    const request = {
      model: "p1",
      messages: [{ role: "user" as const, content: "hi" }],
      stream: true as const,
    };
    const served = await client().chat.completions.create(request);
    await served[Symbol.asyncIterator]().next();
    const waiting = await client().chat.completions.create(request);
    await session.stop();
    await assert.rejects(waiting[Symbol.asyncIterator]().next(), /No participant of this room has that id/);
  });

  it("P6: comes back to a hub that restarted, once its room is there", async () => {
    const session = await share();
    const { port } = hub;
    await hub.close();
    await eventually(() => session.state.state === "reconnecting");
    hub = await createHub({ port, open: true });
    session.reconnectNow();
    await eventually(
      () => session.state.state === "reconnecting" && session.state.error.code === "ROOM_NOT_FOUND",
    );
    await session.stop();
  });

  it("P6: a second session under the same name takes over, and the first stops", async () => {
    const first = await share();
    const second = await share();
    await eventually(() => first.state.state === "stopped");
    assert.equal(second.state.state, "sharing");
    assert.equal((await cards())[0]?.status, "online");
  });

  it("P6: stops where it is removed from the room", async () => {
    const session = await share();
    await fetch(hub.url + paths.participant(code, "p1"), { method: "DELETE" });
    await eventually(() => session.state.state === "stopped");
  });
});
