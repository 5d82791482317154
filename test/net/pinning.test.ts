import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:https";
import { WebSocket } from "ws";
import { makeCertificate } from "../../src/cli/makeCertificate";
import { HubClient } from "../../src/client/hubClient";
import { networkError } from "../../src/client/networkError";
import { createHub, type Hub } from "../../src/hub/createHub";
import { pinnedUpgrade } from "../../src/net/pinnedUpgrade";
import { ParticipantSession } from "../../src/participant/participantSession";
import type { RoomSummary } from "../../src/protocol/room";
import { rejectsWith } from "../client/assertHumanError";
import { collectChat } from "../client/collectChat";
import { FeedLog } from "../client/feedLog";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { ManInTheMiddle } from "../support/manInTheMiddle";

describe("a hub's pinned certificate", () => {
  let hub: Hub;
  let man: ManInTheMiddle;
  let room: RoomSummary;
  let fingerprint: string;
  let provider: FakeProvider;
  const sessions: ParticipantSession[] = [];
  beforeEach(async () => {
    hub = await createHub({ tls: await makeCertificate([], Date.now()) });
    fingerprint = hub.fingerprint ?? assert.fail("no fingerprint");
    man = await ManInTheMiddle.start(hub.port);
    room = (await new HubClient(hub.url, { fingerprint }).createRoom({ name: "Team", access: "open" })).room;
    provider = await startFakeProvider({ models: ["llama3"] });
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.stop()));
    await provider.close();
    await man.close();
    await hub.close();
  });

  function share(hubUrl: string, pin: string | undefined = fingerprint): ParticipantSession {
    const card = { participantId: "p1", nickname: "Ada", model: "llama3", endpoint: provider.url };
    const session = new ParticipantSession({ hubUrl, fingerprint: pin, roomCode: room.code, ...card });
    sessions.push(session);
    return session;
  }

  it("K3: calls, events, chat and tunnel go through where it is the invite's", async () => {
    await share(man.url).start();
    const log = new FeedLog({ hubUrl: man.url, room, fingerprint });
    await log.shows("p1 online");
    log.feed.dispose();
    const { text, error } = await collectChat({ hubUrl: man.url, roomCode: room.code, fingerprint });
    assert.equal(error, undefined);
    assert.notEqual(text, "");
    assert.equal(man.intercepted, 0);
  });

  it("K3: another certificate gets not a byte of a call, and the error says what it means", async () => {
    man.intercept(() => true);
    const error = await rejectsWith(new HubClient(man.url, { fingerprint }).listRooms(), "WRONG_CERTIFICATE");
    assert.match(error.message, /set up anew, or somebody is in between/);
    assert.match(error.hint, /Nothing was sent.*new invite/);
    const { error: chatError } = await collectChat({ hubUrl: man.url, roomCode: room.code, fingerprint });
    assert.equal((chatError as { code?: string }).code, "WRONG_CERTIFICATE");
    await rejectsWith(share(man.url).start(), "WRONG_CERTIFICATE");
    assert.ok(man.intercepted >= 3);
    assert.equal(man.plaintext, "");
  });

  it("K3: what was checked for one connection counts for no other", async () => {
    const client = new HubClient(man.url, { fingerprint });
    await client.listRooms();
    await client.listRooms();
    man.intercept(() => true);
    await rejectsWith(client.listRooms(), "WRONG_CERTIFICATE");
    assert.equal(man.plaintext, "");
  });

  it("K3: a tunnel is pinned for itself, and its token does not get out", async () => {
    // Health and registration pass unharmed; only the upgrade, which carries the token, meets the other certificate.
    man.intercept((connection) => connection > 2);
    await rejectsWith(share(man.url).start(), "WRONG_CERTIFICATE");
    assert.ok(man.intercepted >= 1);
    assert.equal(man.plaintext, "");
  });

  it("K3: a tunnel and a feed that come back check again, and wait for the right hub", async () => {
    const clock = new FakeClock();
    const session = share(man.url);
    await session.start();
    const log = new FeedLog({ hubUrl: man.url, room, fingerprint, clock, random: () => 0 });
    await log.shows("p1 online");
    man.intercept(() => true);
    man.cut();
    await log.phase("lost");
    log.feed.reconnectNow();
    await eventually(async () => (await log.phase("lost")).error.code === "WRONG_CERTIFICATE");
    await eventually(
      () => session.state.state === "reconnecting" && session.state.error.code === "WRONG_CERTIFICATE",
    );
    assert.equal(man.plaintext, "");
    man.intercept(() => false);
    session.reconnectNow();
    log.feed.reconnectNow();
    await log.shows("p1 online");
    log.feed.dispose();
  });

  it("K3: a tunnel is pinned anew where the agent, as VS Code's does, would resume a session", async () => {
    const agent = new Agent();
    for (let connection = 1; connection <= 3; connection++) {
      const socket = new WebSocket(hub.url, { ...pinnedUpgrade(fingerprint), agent });
      // There is no tunnel at that path: the hub was asked, so the pin held.
      const [, response] = await once(socket, "unexpected-response");
      response.resume();
      await once(response, "end");
    }
  });

  it("K3: a pin is never given up for a connection in the clear", async () => {
    const plain = await createHub();
    await rejectsWith(new HubClient(plain.url, { fingerprint }).listRooms(), "WRONG_CERTIFICATE");
    await rejectsWith(share(plain.url).start(), "WRONG_CERTIFICATE");
    await plain.close();
  });

  it("K4: without a pin a certificate that nobody vouches for is refused, and the ways are named", async () => {
    const error = await rejectsWith(new HubClient(hub.url).listRooms(), "HUB_UNREACHABLE");
    assert.match(error.message, /self-signed/);
    assert.match(error.hint, /invite link.*--fingerprint.*which the hub prints/);
    const unpinned = new ParticipantSession({
      ...{ hubUrl: hub.url, roomCode: room.code, participantId: "p2", nickname: "Ada", model: "llama3" },
      endpoint: provider.url,
    });
    assert.deepEqual((await rejectsWith(unpinned.start(), "HUB_UNREACHABLE")).hint, error.hint);
    const refused = await rejectsWith(share(hub.url, "").start(), "WRONG_CERTIFICATE");
    assert.match(refused.hint, /invite/);
  });
  it("K4: an authority that is not known here is not taken for a self-signed certificate", () => {
    const failed = (code: string) => networkError(Object.assign(new Error("x"), { code }), "https://hub.lan");
    for (const code of [
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "SELF_SIGNED_CERT_IN_CHAIN",
    ]) {
      const { message, hint } = failed(code);
      assert.match(message, /hub\.lan is from an authority that this machine does not know, or its chain/);
      assert.match(hint, /--cert.*NODE_EXTRA_CA_CERTS.*--fingerprint/);
    }
    assert.match(failed("CERT_HAS_EXPIRED").message, /has expired/);
    assert.match(failed("ERR_TLS_CERT_ALTNAME_INVALID").message, /for another name/);
  });
});
