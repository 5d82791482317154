import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

describe("hub: limits of requests and connections", () => {
  let t: TestHub | undefined;
  const open: RawHttp[] = [];
  const start = async (limits: NonNullable<Parameters<typeof startHub>[0]>["limits"]) => {
    t = await startHub({ limits: limits ?? {} });
    return t;
  };
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    await t?.hub.close();
    t = undefined;
  });

  const raw = (hub: TestHub, text = "") => {
    const client = new RawHttp(hub.hub.port);
    open.push(client);
    return text === "" ? client : client.write(text);
  };
  /** The refusal's code and hint, which every one must have. */
  const codeOf = ({ received }: RawHttp) => {
    const { error } = JSON.parse(received.slice(received.indexOf("\r\n\r\n") + 4));
    assert.ok(error.hint, received);
    return error.code;
  };

  it("L1: headers that come too slowly are given up, with 408; so is a connection that never begins", async () => {
    const hub = await start({ headersMs: 200 });
    const slow = raw(hub, "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    const silent = raw(hub);
    const dripping = setInterval(() => slow.write("a"), 20);
    try {
      await slow.closed;
    } finally {
      clearInterval(dripping);
    }
    assert.equal(slow.status, 408);
    assert.equal(codeOf(slow), "INVALID_REQUEST");
    await silent.closed;
    assert.equal((await hub.ask("GET", paths.health)).status, 200);
  });

  it("L1: a request that does not come to its end is given up, with 408", async () => {
    const hub = await start({ headersMs: 100, requestMs: 300 });
    const slow = raw(hub, `POST ${paths.rooms} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{`);
    await slow.closed;
    assert.equal(slow.status, 408);
  });

  it("L1: an idle connection is closed, and one that watches is not", async () => {
    const hub = await start({ keepAliveMs: 100, headersMs: 100, requestMs: 100 });
    const idle = raw(hub, "GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const log = await watchEvents(hub.url + paths.events(await hub.makeRoom()));
    await idle.closed;
    assert.equal(idle.status, 200);
    await hub.makeRoom();
    assert.equal(log.ended, false);
    log.stop();
  });

  it("L2: headers and addresses that are too long are refused with 431 and 414", async () => {
    const hub = await start({});
    const long = raw(hub, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(17_000)}\r\n\r\n`);
    await long.closed;
    assert.equal(long.status, 431);
    assert.equal(codeOf(long), "INVALID_REQUEST");
    for (const upgrade of ["", "Upgrade: websocket\r\nConnection: Upgrade\r\n"]) {
      const path = `/v1/rooms/${"x".repeat(5_000)}`;
      const url = raw(hub, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${upgrade}\r\n`);
      await eventually(() => url.status === 414);
    }
  });

  it("L2: what is no HTTP is told so, and never in the middle of an answer", async () => {
    const hub = await start({});
    const garbage = raw(hub, "HELLO\r\n\r\n");
    await garbage.closed;
    assert.equal(garbage.status, 400);
    assert.equal(codeOf(garbage), "INVALID_REQUEST");
    const path = paths.events(await hub.makeRoom());
    const watching = raw(hub, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await eventually(() => watching.received.includes("connected"));
    watching.write("\0\0garbage\r\n\r\n");
    await watching.closed;
    assert.ok(!watching.received.includes("no HTTP"));
  });

  it("L3: connections beyond the limit are refused with 429 before they ask, and places come free", async () => {
    const hub = await start({ connections: 3, connectionsPerAddress: 2 });
    const [first, second] = [raw(hub), raw(hub)];
    await eventually(() => !first.socket.connecting && !second.socket.connecting);
    const third = raw(hub);
    await third.closed;
    assert.equal(third.status, 429);
    assert.equal(codeOf(third), "LIMIT_REACHED");
    assert.match(third.received, /^retry-after: \d+\r$/im);
    const other = new RawHttp(hub.hub.port, "127.0.0.2");
    open.push(other);
    other.write("GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await eventually(() => other.status === 200);
    const last = new RawHttp(hub.hub.port, "127.0.0.3");
    await last.closed;
    assert.equal(last.status, 429);
    first.socket.destroy();
    await eventually(async () => {
      const next = raw(hub, "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      await next.closed;
      return next.status === 200;
    });
  });

  it("L3: an upgrade that is declined is still one connection", async () => {
    const hub = await start({ connectionsPerAddress: 1 });
    const head = "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    const client = raw(hub, head);
    await eventually(() => client.status === 200);
    client.socket.destroy();
    await eventually(
      async () => (await fetch(hub.url + paths.health).catch(() => undefined))?.status === 200,
    );
  });
});
