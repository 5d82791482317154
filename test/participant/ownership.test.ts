import assert from "node:assert/strict";
import { HumanError } from "../../src/common/humanError";
import type { Ownership } from "../../src/participant/ownership";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { type RawCall, type RawHub, sendFailure } from "../support/rawHub";
import { useSharing } from "./sharing";

const own = "own-token-own-token-own-token-own-token";
const member = "member-token-member-token-member-token";
const renewed = "new-token-new-token-new-token-new-token";

class KeptToken implements Ownership {
  token: string | undefined;
  readonly saved: string[] = [];

  constructor(token?: string) {
    this.token = token;
  }

  async load() {
    return this.token;
  }

  async save(token: string) {
    this.token = token;
    this.saved.push(token);
  }
}

/** The bearer of each call, in order. */
const bearers = (calls: readonly RawCall[]) =>
  calls.map(({ headers }) => headers.authorization?.replace(/^Bearer /, ""));

/** Refuses whoever comes with the token of a run that the hub has forgotten. */
const forget = (hub: RawHub, token: string, code = "UNAUTHORIZED") => {
  hub.handlers.PUT = (call, response) => {
    if (call.headers.authorization !== `Bearer ${token}`) delete hub.handlers.PUT;
    if (hub.handlers.PUT) return sendFailure(response, code === "FORBIDDEN" ? 403 : 401, code);
    const participant = { id: "p1", ...call.body, status: "offline", joinedAt: 0, lastSeen: 0, updatedAt: 0 };
    const tunnel = { url: `${hub.url.replace("http", "ws")}${call.path}/tunnel`, token: "t" };
    const data = { participant, roomId: "room", tunnel, participantToken: renewed };
    response.end(JSON.stringify({ data }));
  };
};

describe("ParticipantSession, whose its id is", () => {
  const { prepare, start } = useSharing();

  it("R10: shows the member token first, its own from then on, and keeps it", async () => {
    const ownership = new KeptToken();
    const clock = new FakeClock();
    const session = { memberToken: member, ownership, clock };
    const sharing = await start({ hub: { registered: { participantToken: own } }, session });
    const { hub } = sharing;
    assert.deepEqual(bearers(hub.callsOf("PUT")), [member]);
    assert.deepEqual(ownership.saved, [own]);
    clock.advance(10_000);
    await eventually(() => hub.callsOf("POST").length === 2);
    assert.deepEqual(bearers(hub.callsOf("POST")), [own, own]);
    sharing.tunnel.socket.terminate();
    await eventually(() => sharing.session.state.state === "reconnecting");
    sharing.session.reconnectNow();
    await hub.tunnel(2);
    assert.deepEqual(bearers(hub.callsOf("PUT")), [member, own]);
    await sharing.session.stop();
    assert.deepEqual(bearers(hub.callsOf("DELETE")), [own]);
    assert.doesNotMatch(JSON.stringify(hub.calls.map(({ path, body }) => [path, body])), /-token-/);
  });

  it("R10: proves after its own restart that the id is its own", async () => {
    const { hub } = await start({ session: { memberToken: member, ownership: new KeptToken(own) } });
    assert.deepEqual(bearers([...hub.callsOf("PUT"), ...hub.callsOf("POST")]), [own, own]);
  });

  for (const code of ["UNAUTHORIZED", "FORBIDDEN"]) {
    it(`R10: a hub that forgot it (${code}) takes it as a member, and gives it a new token`, async () => {
      const ownership = new KeptToken(own);
      const { hub, session } = await prepare({ session: { memberToken: member, ownership } });
      forget(hub, own, code);
      await session.start();
      assert.deepEqual(bearers(hub.callsOf("PUT")), [own, member]);
      assert.deepEqual(bearers(hub.callsOf("POST")), [renewed]);
      assert.equal(ownership.token, renewed);
    });
  }

  it("R10: in an open room it comes without any token where its own is void", async () => {
    const { hub, session } = await prepare({ session: { ownership: new KeptToken(own) } });
    forget(hub, own, "FORBIDDEN");
    await session.start();
    assert.deepEqual(bearers(hub.callsOf("PUT")), [own, undefined]);
  });

  it("R10: shows no token where there is none: a Gambi hub knows of none", async () => {
    const { hub } = await start({ hub: { features: undefined } });
    assert.deepEqual(
      bearers(hub.calls),
      hub.calls.map(() => undefined),
    );
  });

  it("R10: an id that is somebody else's is not shared, and the person is told why", async () => {
    const { hub, session } = await prepare({ session: { memberToken: member } });
    hub.handlers.PUT = (_, response) => sendFailure(response, 403, "FORBIDDEN");
    await assert.rejects(session.start(), (error: unknown) => {
      assert.ok(error instanceof HumanError);
      assert.match(`${error.message} ${error.hint}`, /shared in this room already.*host to remove it/);
      return true;
    });
  });

  it("R9: a hub that refuses is asked every 30 s at most, one that is away or closing every 5 s", async () => {
    const clock = new FakeClock();
    const { hub, tunnel, session } = await start({ session: { clock } });
    const longest = async (status: number, code: string) => {
      hub.handlers.PUT = (_, response) => sendFailure(response, status, code);
      const waits: number[] = [];
      while (waits.length < 8) {
        const { state } = session;
        if (state.state !== "reconnecting") return assert.fail(state.state);
        waits.push(state.retryAt - clock.now());
        clock.advance(Math.ceil(state.retryAt - clock.now()));
        await eventually(() => session.state !== state);
      }
      return Math.max(...waits);
    };
    tunnel.socket.terminate();
    await eventually(() => session.state.state === "reconnecting");
    assert.ok((await longest(503, "HUB_CLOSING")) <= 5_000);
    const refused = await longest(404, "ROOM_NOT_FOUND");
    assert.ok(refused > 15_000 && refused <= 30_000, `${refused}`);
  });
});
