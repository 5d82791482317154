import assert from "node:assert/strict";
import { hostname, networkInterfaces } from "node:os";
import { MAX_BODY_BYTES } from "../../src/protocol/constants";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

describe("hub: limits and guards", () => {
  let t: TestHub;
  const open: RawHttp[] = [];
  beforeEach(async () => {
    t = await startHub({ allowedHosts: ["hub.example.test"] });
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    await t.hub.close();
  });

  const raw = (text = "") => {
    const client = new RawHttp(t.hub.port);
    open.push(client);
    return client.write(text);
  };

  it("M13: refuses an announced body over the limit before a byte of it came", async () => {
    const code = await t.makeRoom();
    const size = MAX_BODY_BYTES + 1;
    const client = raw(
      `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n`,
    );
    await eventually(() => client.status === 413);
    assert.match(client.received, /"error"/);
    const small = raw(`POST ${paths.rooms} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n`);
    await eventually(() => small.status === 413);
  });

  it("M13: stops reading a body of unknown length at the limit", async () => {
    const client = raw(
      `POST ${paths.rooms} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const piece = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    for (let i = 0; i < 5; i++) client.write(piece);
    await eventually(() => client.status === 413);
  });

  it("M13: closes the connection of a client that goes on sending", async () => {
    const client = raw(
      `POST ${paths.rooms} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000000\r\n\r\n`,
    );
    await eventually(() => client.status === 413);
    await client.closed;
  });

  it("M13: lets a prompt of 32 MB through, in frames of at most 1 MiB", async () => {
    const code = await t.makeRoom();
    const p = await joinRaw(t, code);
    const content = "x".repeat(MAX_BODY_BYTES - 1_000);
    const answer = t.chat(code, { messages: [{ role: "user", content }] });
    const request = await p.nextRequest();
    assert.equal(request.body.messages[0].content.length, content.length);
    assert.ok(p.frameSizes.length >= 32);
    assert.ok(Math.max(...p.frameSizes) <= 1024 * 1024);
    p.answer(request, { ok: true });
    assert.equal((await answer).status, 200);
  });

  it("M13: lets a prompt of 32 MB through a base tunnel as well", async () => {
    const code = await t.makeRoom();
    const p = await joinRaw(t, code, "p1", { ours: false });
    const content = "x".repeat(MAX_BODY_BYTES - 1_000);
    const answer = t.chat(code, { messages: [{ role: "user", content }] });
    const request = await p.nextRequest();
    assert.equal(request.body.messages[0].content.length, content.length);
    p.answer(request, { ok: true });
    assert.equal((await answer).status, 200);
  });

  it("M15: answers to its own names only", async () => {
    const lan = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
    const own = [
      "localhost",
      "LOCALHOST:99",
      "127.0.0.1",
      "127.1.2.3:80",
      "[::1]:5",
      "a.localhost",
      "hub.example.test",
    ];
    for (const host of lan ? [...own, lan] : own) {
      const client = raw(`GET /v1/health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await eventually(() => client.status === 200);
    }
    const foreign = [
      "evil.example",
      "localhost.evil.example",
      "8.8.8.8",
      "user@localhost",
      "localhost/..",
      "localhost/",
      "localhost?",
      "localhost#",
      "local\thost",
      "localhost, evil.example",
      "localhost\\evil.example",
      "",
      "[::2]",
    ];
    for (const host of foreign) {
      const client = raw(`GET /v1/health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await eventually(() => client.status !== undefined);
      assert.ok(client.status === 403 || client.status === 400, `${host}: ${client.status}`);
    }
  });

  it("M15: refuses a page of another origin, and permits no reading", async () => {
    const rooms = async (origin: string) =>
      t.ask("POST", paths.rooms, { name: "x" }, { headers: { origin } });
    for (const origin of ["https://evil.example", "null", "http://localhost:1"]) {
      const { status, headers } = await rooms(origin);
      assert.equal(status, 403);
      assert.equal(headers.get("access-control-allow-origin"), null);
    }
    assert.equal((await rooms(t.url)).status, 201);
    const preflight = await fetch(t.url + paths.rooms, { method: "OPTIONS" });
    assert.equal(preflight.ok, false);
    assert.deepEqual(
      [...preflight.headers.keys()].filter((name) => name.startsWith("access-control")),
      [],
    );
  });

  it("M15: takes the name by which the machine is announced", async () => {
    const short = hostname().split(".")[0] ?? "";
    for (const host of [`${short}.local`, `${short.toUpperCase()}.LOCAL:5567`, `${short}.local.`]) {
      const client = raw(`GET /v1/health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await eventually(() => client.status === 200);
    }
  });

  it("M15: two hosts, a foreign address in the first line, and forwarded names change nothing", async () => {
    const status = async (text: string) => {
      const client = raw(`${text}Connection: close\r\n\r\n`);
      await client.closed;
      return client.status;
    };
    const two = "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n";
    assert.equal(await status(two), 403);
    assert.equal(await status("GET http://evil.example/v1/health HTTP/1.1\r\nHost: localhost\r\n"), 403);
    assert.equal(await status("GET http://localhost/v1/health HTTP/1.1\r\nHost: localhost\r\n"), 200);
    for (const header of ["X-Forwarded-Host: localhost", "Forwarded: host=localhost", "X-Host: localhost"]) {
      assert.equal(await status(`GET /v1/health HTTP/1.1\r\nHost: evil.example\r\n${header}\r\n`), 403);
    }
    const code = await t.makeRoom();
    const headers = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" };
    const { tunnel } = await t.register(code, "p1", {}, { headers });
    assert.equal(new URL(tunnel.url).host, new URL(t.url).host);
    assert.equal(new URL(tunnel.url).protocol, "ws:");
  });

  it("M15: what a page of another site embeds is refused, and a link to the hub is not", async () => {
    const get = (mode: string, site: string) =>
      raw(
        `GET /v1/health HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Mode: ${mode}\r\nSec-Fetch-Site: ${site}\r\n\r\n`,
      );
    const cases: [string, string, number][] = [
      ["no-cors", "cross-site", 403],
      ["navigate", "cross-site", 200],
      ["cors", "same-origin", 200],
    ];
    for (const [mode, site, expected] of cases) {
      const client = get(mode, site);
      await eventually(() => client.status === expected);
    }
  });

  it("M15: guards the upgrade of a tunnel as well", async () => {
    const code = await t.makeRoom();
    const { tunnel } = await t.register(code, "p1");
    const { pathname } = new URL(tunnel.url);
    const head = `GET ${pathname}?token=${tunnel.token} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"a".repeat(22)}==\r\n`;
    const evil = raw(`${head}Host: evil.example\r\n\r\n`);
    await eventually(() => evil.status === 403);
    await evil.closed;
    const page = raw(`${head}Host: localhost:${t.hub.port}\r\nOrigin: https://evil.example\r\n\r\n`);
    await eventually(() => page.status === 403);
    const good = raw(`${head}Host: localhost:${t.hub.port}\r\n\r\n`);
    await eventually(() => good.status === 101);
  });

  it("M12: refuses participants beyond the room's limit, and says so", async () => {
    const small = await startHub({ limits: { participantsPerRoom: 1 } });
    try {
      const code = await small.makeRoom();
      await small.register(code, "p1");
      const body = { nickname: "n", model: "m", endpoint: "http://localhost:1" };
      assert.equal((await small.ask("PUT", paths.participant(code, "p2"), body)).status, 429);
      assert.equal((await small.ask("PUT", paths.participant(code, "p1"), body)).status, 200);
    } finally {
      await small.hub.close();
    }
  });
});
