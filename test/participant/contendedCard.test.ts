import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HumanError } from "../../src/common/humanError";
import { ParticipantSession } from "../../src/participant/participantSession";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";

/** A hub at which somebody else registers the same id right after us, so that our tunnel's token is void. */
async function startContendedHub(tunnelStatus: number) {
  const methods: string[] = [];
  const participant = {
    ...{ id: "p1", nickname: "Ada", model: "plain", endpoint: "http://localhost:1", status: "offline" },
    ...{ joinedAt: 0, lastSeen: 0, updatedAt: 0 },
  };
  const server = createServer((request, response) => {
    methods.push(request.method ?? "");
    const data =
      request.method === "PUT"
        ? { participant, roomId: "r", tunnel: { url: "ws://localhost/tunnel", token: "t" } }
        : { status: "ok", timestamp: 1, success: true };
    response.end(JSON.stringify({ data }));
  });
  server.on("upgrade", (_, socket) =>
    socket.end(`HTTP/1.1 ${tunnelStatus} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, methods, close: () => server.close() };
}

describe("A session whose card somebody else takes while it starts", () => {
  let provider: FakeProvider;
  beforeEach(async () => {
    provider = await startFakeProvider({ models: ["plain"] });
  });
  afterEach(() => provider.close());

  const start = async (tunnelStatus: number) => {
    const hub = await startContendedHub(tunnelStatus);
    const session = new ParticipantSession({
      ...{ hubUrl: hub.url, roomCode: "ABC234", participantId: "p1", nickname: "Ada" },
      ...{ endpoint: provider.url, model: "plain" },
    });
    const error = await session.start().then(
      () => assert.fail("it started"),
      (reason: unknown) => reason,
    );
    hub.close();
    assert.ok(error instanceof HumanError);
    return { error, methods: hub.methods };
  };

  for (const status of [401, 404]) {
    it(`P6: says so and leaves the card to its holder (${status})`, async () => {
      const { error, methods } = await start(status);
      assert.match(error.message, /Another program/);
      assert.deepEqual(methods, ["GET", "PUT"]);
    });
  }

  it("P7: takes its card back where it is only the tunnel that does not open", async () => {
    const { error, methods } = await start(502);
    assert.match(error.message, /status 502/);
    assert.deepEqual(methods, ["GET", "PUT", "DELETE"]);
  });
});
