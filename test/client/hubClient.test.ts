import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { HubClient } from "../../src/client/hubClient";
import type { HumanErrorCode } from "../../src/common/humanError";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { rejectsWith } from "./assertHumanError";
import { type RawHub, sendJson, startRawHub, strangers } from "./rawHub";
import { participant, room } from "./samples";

describe("HubClient", () => {
  let hub: RawHub;
  before(async () => {
    hub = await startRawHub({
      ...strangers,
      good: ({ method, path }, response) => {
        if (path === "/v1/health")
          return sendJson(response, 200, { data: { status: "ok", timestamp: 5, later: true } });
        if (method === "DELETE") return sendJson(response, 200, { data: { success: true } });
        if (method === "POST")
          return sendJson(response, 201, { data: { room: room({ code: "NEW234" }), hostId: "h" } });
        if (path === "/v1/rooms") return sendJson(response, 200, { data: [room(), { code: 7 }, null] });
        if (path === "/v1/rooms/ROOM23") return sendJson(response, 200, { data: room() });
        return sendJson(response, 200, { data: [{ id: "broken" }, participant("a"), 1, participant("b")] });
      },
    });
  });
  after(() => hub.close());

  const expected: [behaviour: string, HumanErrorCode, RegExp][] = [
    ["html", "NOT_A_HUB", /web page/],
    ["text404", "NOT_A_HUB", /not JSON/],
    ["redirect", "NOT_A_HUB", /redirects to http:\/\/elsewhere\.example\/login/],
    ["wrongjson", "NOT_A_HUB", /not as a hub does/],
    ["cutjson", "NOT_A_HUB", /not JSON/],
    ["emptybody", "NOT_A_HUB", /not JSON/],
    ["lmstudio", "NOT_A_HUB", /not as a hub does/],
    ["cuts", "HUB_UNREACHABLE", /closed the connection/],
    ["cutsinbody", "HUB_UNREACHABLE", /closed the connection/],
    ["huge", "NOT_A_HUB", /more than 16 MiB/],
    ["badgateway", "HUB_REFUSED", /failed \(502\)/],
    ["internal", "HUB_REFUSED", /The hub tripped\./],
    ["password", "WRONG_PASSWORD", /Wrong password\./],
    ["unauthorised", "WRONG_PASSWORD", /password/],
    ["forbidden", "HUB_REFUSED", /^Not for you\.$/],
    ["noroom", "ROOM_NOT_FOUND", /Room not found\./],
    ["toolarge", "HUB_REFUSED", /larger than the hub takes/],
  ];
  for (const [behaviour, code, message] of expected) {
    it(`C1: says what is wrong where the answer is "${behaviour}"`, async () => {
      const error = await rejectsWith(new HubClient(hub.at(behaviour)).listRooms(), code);
      assert.match(error.message, message);
      await eventually(() => hub.openSockets === 0);
    });
  }

  it("C1: says which old Gambi it does not speak with", async () => {
    const error = await rejectsWith(new HubClient(hub.at("oldgambi")).health(), "NOT_A_HUB");
    assert.match(error.message, /Gambi 0\.1/);
    assert.match(error.hint, /Update/);
  });

  it("C1: does not take another program's health for an old Gambi's", async () => {
    const error = await rejectsWith(new HubClient(hub.at("text404")).health(), "NOT_A_HUB");
    assert.doesNotMatch(error.message, /Gambi/);
  });

  it("C1: shows a hub's own words in one short line without control characters", async () => {
    const error = await rejectsWith(new HubClient(hub.at("hostile")).listRooms(), "HUB_REFUSED");
    assert.match(error.message, /^\[31mred second line evil long/);
    assert.equal(error.hint, "do this.");
    assert.ok(error.message.length <= 301);
    assert.doesNotMatch(error.message, /[\p{Cc}\u202e]/u);
  });

  for (const behaviour of ["stalls", "stallsinbody"]) {
    it(`C1: gives up after 10 s where the hub ${behaviour}`, async () => {
      const clock = new FakeClock();
      const failed = rejectsWith(new HubClient(hub.at(behaviour), { clock }).getRoom("ROOM23"), "TIMED_OUT");
      await eventually(() => hub.openSockets === 1);
      clock.advance(9_999);
      assert.equal(clock.pendingTimers, 1);
      clock.advance(1);
      assert.match((await failed).message, /within 10 s/);
      assert.equal(clock.pendingTimers, 0);
      await eventually(() => hub.openSockets === 0);
    });
  }

  it("C1: says that nothing listens there", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address);
    await new Promise((resolve) => server.close(resolve));
    const client = new HubClient(`127.0.0.1:${address.port}`);
    const error = await rejectsWith(client.health(), "HUB_UNREACHABLE");
    assert.equal(error.message, `No hub listens at 127.0.0.1:${address.port}.`);
  });

  it("C1: says that a name is unknown", async () => {
    const error = await rejectsWith(
      new HubClient("http://no-such-host.invalid:5567").health(),
      "HUB_UNREACHABLE",
    );
    assert.match(error.message, /no-such-host\.invalid/);
  });

  it("C1: says that what answers does not speak HTTP", async () => {
    const server = createServer((socket) => void socket.resume().end("SSH-2.0-OpenSSH_9.2\r\n")).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address);
    await rejectsWith(new HubClient(`127.0.0.1:${address.port}`).health(), "NOT_A_HUB");
    await new Promise((resolve) => server.close(resolve));
  });

  it("rejects with the signal's reason where the caller aborts", async () => {
    const abort = new AbortController();
    const call = new HubClient(hub.at("stalls")).listRooms(abort.signal);
    await eventually(() => hub.openSockets === 1);
    const reason = new Error("enough");
    abort.abort(reason);
    await assert.rejects(call, reason);
    await eventually(() => hub.openSockets === 0);
    await assert.rejects(new HubClient(hub.at("stalls")).listRooms(abort.signal), reason);
  });

  it("takes back what it registered to check a password, even where the caller aborts", async () => {
    const answers: (() => void)[] = [];
    const slow = await startRawHub({
      slow: (_request, response) => answers.push(() => sendJson(response, 200, { data: { success: true } })),
    });
    const abort = new AbortController();
    const check = new HubClient(slow.at("slow")).checkPassword("ROOM23", "right", abort.signal);
    await eventually(() => answers.length === 1);
    abort.abort();
    await assert.rejects(check, abort.signal.reason);
    answers[0]?.();
    await eventually(() => answers.length === 2);
    answers[1]?.();
    const [put, remove] = slow.requests;
    assert.deepEqual([put?.method, remove?.method, remove?.path], ["PUT", "DELETE", put?.path]);
    await eventually(() => slow.openSockets === 0);
    await assert.rejects(new HubClient(slow.at("slow")).checkPassword("ROOM23", "right", abort.signal));
    assert.equal(slow.requests.length, 2);
    await slow.close();
  });

  it("refuses a URL that is none at once", () => {
    assert.throws(() => new HubClient("ftp://host"), /not the address of a hub/);
  });

  it("reads health, rooms and participants, and leaves out entries that it cannot read", async () => {
    const client = new HubClient(`${hub.at("good")}/`);
    assert.deepEqual(await client.health(), { status: "ok", timestamp: 5 });
    assert.deepEqual(await client.listRooms(), [room()]);
    assert.deepEqual(await client.getRoom("room23"), room());
    assert.deepEqual((await client.createRoom({ name: "New" })).room, room({ code: "NEW234" }));
    assert.deepEqual(await client.listParticipants("ROOM23"), [participant("a"), participant("b")]);
    await client.removeParticipant("ROOM23", "a/b");
    assert.equal(hub.requests.at(-1)?.path, "/v1/rooms/ROOM23/participants/a%2Fb");
    await eventually(() => hub.openSockets === 0);
  });
});
