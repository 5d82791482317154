import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ParticipantSession } from "../../src/participant/participantSession";
import { RawHub } from "../support/rawHub";
import { ask } from "./sharing";

const apiKey = "sk-very-secret";

/** A provider that repeats the key that it was given, as some do in their errors, and sets a cookie. */
async function startTalkativeProvider(status: number): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    if (request.url === "/v1/models") return void response.end('{"data":[{"id":"m"}]}');
    if (request.headers["content-length"] === "2") return void response.writeHead(400).end();
    const body = { error: { message: `Not for ${request.headers.authorization}.` } };
    response.writeHead(status, {
      "content-type": "application/json",
      "set-cookie": `key=${apiKey}`,
      location: "/x",
    });
    response.end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("A provider that repeats its key", () => {
  for (const [status, expected] of [
    [500, /Not for Bearer \[key\]/],
    [429, /Not for Bearer \[key\]/],
    [401, /refuses the key that this participant has/],
    [403, /refuses the key that this participant has/],
    [302, /redirects to another address/],
  ] as const) {
    it(`P8: the key does not leave with its answer ${status}, nor do cookies`, async () => {
      const { server, url } = await startTalkativeProvider(status);
      const hub = await RawHub.start();
      const session = new ParticipantSession({
        hubUrl: hub.url,
        roomCode: "ABC234",
        participantId: "p1",
        nickname: "Ada",
        endpoint: url,
        model: "m",
        apiKey,
      });
      await session.start();
      const tunnel = await hub.tunnel();
      const answer = await tunnel.answer(tunnel.request(ask()));
      const heard = `${JSON.stringify([answer.headers, answer.ended])} ${answer.bytes}`;
      assert.match(heard, expected);
      assert.doesNotMatch(heard, /very-secret|cookie/);
      await session.stop();
      await hub.close();
      server.close();
    });
  }
});
