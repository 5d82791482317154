import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import { rejectsWith } from "./assertHumanError";
import { collectChat, oursFeatures } from "./collectChat";
import { FeedLog } from "./feedLog";
import { type RawHub, sendJson, startRawHub } from "./rawHub";
import { room } from "./samples";

const memberToken = "m".repeat(43);
const hostToken = "h".repeat(43);

describe("the client with a token", () => {
  let hub: RawHub;
  beforeEach(async () => {
    hub = await startRawHub({
      protected: ({ method, path }, response) => {
        if (path.endsWith("token")) return sendJson(response, 200, { data: { memberToken } });
        return sendJson(response, 200, {
          data: method === "PATCH" ? room({ name: "New" }) : { success: true },
        });
      },
      moved: (_, response) => response.writeHead(307, { location: hub.at("protected") }).end(),
      wrong: (_, response) =>
        sendJson(response, 401, { error: { code: "UNAUTHORIZED", message: "No such room." } }),
      guessing: (_, response) => {
        response.setHeader("retry-after", "4");
        sendJson(response, 429, { error: { code: "TOO_MANY_REQUESTS", message: "Too many guesses." } });
      },
      refuses: (_, response) =>
        sendJson(response, 401, {
          error: { code: "UNAUTHORIZED", message: "Not for you." },
          meta: { requestId: "1" },
        }),
    });
  });
  afterEach(() => hub.close());

  it("makes the calls of a room's host, each with its token", async () => {
    const client = new HubClient(hub.at("protected"), { token: hostToken });
    assert.equal((await client.updateRoom("room23", { name: "New" })).name, "New");
    assert.equal(await client.rotateMemberToken("ROOM23"), memberToken);
    await client.removeParticipant("ROOM23", "p1");
    await client.closeRoom("ROOM23");
    assert.deepEqual(
      hub.requests.map(({ method, path, body }) => [method, path, body]),
      [
        ["PATCH", "/v1/rooms/ROOM23", '{"name":"New"}'],
        ["POST", "/v1/rooms/ROOM23/member-token", ""],
        ["DELETE", "/v1/rooms/ROOM23/participants/p1", ""],
        ["DELETE", "/v1/rooms/ROOM23", ""],
      ],
    );
    for (const { headers } of hub.requests) assert.equal(headers.authorization, `Bearer ${hostToken}`);
  });

  it("exchanges a password for the member token, and sends no token where it has none", async () => {
    assert.equal(
      await new HubClient(hub.at("protected")).exchangePassword("ROOM23", "open sesame"),
      memberToken,
    );
    const [request] = hub.requests;
    assert.deepEqual(
      [request?.path, request?.body],
      ["/v1/rooms/ROOM23/token", '{"password":"open sesame"}'],
    );
    assert.equal(request?.headers.authorization, undefined);
  });

  it("C9: carries a token to no other place, and into no error", async () => {
    const client = new HubClient(hub.at("moved"), { token: hostToken });
    const error = await rejectsWith(client.getRoom("ROOM23"), "NOT_A_HUB");
    assert.equal(hub.requests.length, 1, "the redirect was not followed");
    assert.doesNotMatch(hub.requests[0]?.path ?? "", /hhh/);
    assert.doesNotMatch(JSON.stringify([error.message, error.hint, String(error.stack)]), /hhh/);
  });

  it("C1: tells a wrong password as one, and how long a guesser has to wait", async () => {
    const wrong = new HubClient(hub.at("wrong")).exchangePassword("ROOM23", "guess");
    assert.doesNotMatch((await rejectsWith(wrong, "WRONG_PASSWORD")).message, /guess/);
    const guessing = new HubClient(hub.at("guessing")).exchangePassword("ROOM23", "guess");
    assert.match((await rejectsWith(guessing, "TOO_MANY_REQUESTS")).hint, /wait 4 s\.$/);
  });

  it("C1: is told by an error of its own that the token is missing or void, in feed and chat too", async () => {
    const hubUrl = hub.at("refuses");
    const error = await rejectsWith(
      new HubClient(hubUrl, { token: hostToken }).getRoom("ROOM23"),
      "UNAUTHORIZED",
    );
    assert.match(error.hint, /invite/);
    const chat = await collectChat({ hubUrl, token: memberToken, features: oursFeatures });
    assert.equal((chat.error as { code?: string }).code, "UNAUTHORIZED");
    const log = new FeedLog({ hubUrl, room: room(), token: memberToken, features: oursFeatures });
    assert.equal((await log.phase("lost")).error.code, "UNAUTHORIZED");
    log.feed.dispose();
    const sent = hub.requests.map(({ headers }) => headers.authorization);
    assert.deepEqual(
      sent.slice(0, 3),
      [hostToken, memberToken, memberToken].map((token) => `Bearer ${token}`),
    );
  });
});
