import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:https";
import { connect as connectRaw } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { makeCertificate } from "../../src/cli/makeCertificate";
import type { TlsIdentity } from "../../src/hub/certificate";
import { createHub, type Hub } from "../../src/hub/createHub";
import { paths } from "../../src/protocol/paths";
import { FakeClock } from "../support/fakeClock";
import { RawHttp } from "../support/rawHttp";

describe("hub: TLS", () => {
  let tls: TlsIdentity;
  let hub: Hub;
  before(async () => {
    tls = await makeCertificate([], Date.now());
  });
  beforeEach(async () => {
    hub = await createHub({ tls, limits: { handshakeMs: 200 } });
  });
  afterEach(() => hub.close());

  /** One call as any HTTPS client makes it that trusts the certificate. */
  async function ask(method: string, path: string, body?: unknown) {
    const call = request(hub.url + path, { method, ca: tls.cert, agent: false });
    call.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = await once(call, "response");
    const pieces: Buffer[] = [];
    for await (const piece of answer) pieces.push(piece);
    return { status: answer.statusCode, body: JSON.parse(Buffer.concat(pieces).toString()) };
  }

  function secure(options: { maxVersion?: "TLSv1.1" | "TLSv1.2" | "TLSv1.3" } = {}): TLSSocket {
    // OpenSSL itself refuses to offer versions below 1.2 at its usual level.
    const ciphers =
      options.maxVersion === "TLSv1.1" ? { minVersion: "TLSv1" as const, ciphers: "ALL@SECLEVEL=0" } : {};
    return connect({ port: hub.port, host: "127.0.0.1", rejectUnauthorized: false, ...options, ...ciphers });
  }

  const alive = async () => assert.equal((await ask("GET", paths.health)).status, 200);

  it("K1: speaks HTTPS, tells its fingerprint, and gives out tunnels by wss", async () => {
    assert.match(hub.url, /^https:\/\/127\.0\.0\.1:\d+$/);
    const socket = secure();
    await once(socket, "secureConnect");
    assert.equal(socket.getPeerX509Certificate()?.fingerprint256, hub.fingerprint);
    socket.destroy();
    const { body: made } = await ask("POST", paths.rooms, { name: "Team", access: "open" });
    const card = { nickname: "Ada", model: "llama3", endpoint: "http://localhost:11434" };
    const { body } = await ask("PUT", paths.participant(made.data.room.code, "p1"), card);
    assert.match(body.data.tunnel.url, new RegExp(`^wss://127\\.0\\.0\\.1:${hub.port}/v1/`));
  });

  it("M15: over TLS a page without TLS is another origin, of the same name or not", async () => {
    const statusFor = async (origin: string) => {
      const options = { method: "GET", ca: tls.cert, agent: false, headers: { origin } };
      const call = request(hub.url + paths.health, options);
      call.end();
      const [answer] = await once(call, "response");
      answer.resume();
      return answer.statusCode;
    };
    assert.equal(await statusFor(hub.url), 200);
    assert.equal(await statusFor(hub.url.replace("https:", "http:")), 403);
    assert.equal(await statusFor("https://evil.example"), 403);
  });

  it("K1: takes TLS 1.2 and 1.3, nothing older", async () => {
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = secure({ maxVersion });
      await once(socket, "secureConnect");
      assert.equal(socket.getProtocol(), maxVersion);
      socket.destroy();
    }
    const [error] = await once(secure({ maxVersion: "TLSv1.1" }), "error");
    assert.match(String(error.code), /PROTOCOL_VERSION|ALERT/);
    await alive();
  });

  it("K1: declines another upgrade than a WebSocket by serving the request, over TLS as well", async () => {
    const call = request(hub.url + paths.health, {
      ca: tls.cert,
      agent: false,
      headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABk" },
    });
    call.end();
    const [answer] = await once(call, "response");
    assert.equal(answer.statusCode, 200);
    answer.destroy();
  });

  it("K2: plain HTTP at its port is told in plain HTTP what to do, and is not served", async () => {
    const client = new RawHttp(hub.port);
    client.write(`POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n{"name":"Plain"}`);
    await client.closed;
    assert.equal(client.status, 400);
    assert.match(client.received, /This hub speaks HTTPS only.*https:\/\//);
    assert.deepEqual((await ask("GET", paths.rooms)).body.data, []);
  });

  it("K2: garbage, a handshake that breaks off and a reset end with their connection alone", async () => {
    const garbage = new RawHttp(hub.port).write(Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5, 6, 7]));
    await garbage.closed;
    const cut = connectRaw(hub.port, "127.0.0.1");
    cut.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
    await once(cut, "connect");
    cut.resetAndDestroy();
    const early = connectRaw(hub.port, "127.0.0.1");
    await once(early, "connect");
    early.resetAndDestroy();
    const late = secure();
    await once(late, "secureConnect");
    late.write("GET /v1/health HTTP/1.1\r\n");
    late.destroy();
    await alive();
  });

  it("K2: whoever dawdles over the handshake, or does not begin it, is cut off", async () => {
    await new RawHttp(hub.port).closed;
    await new RawHttp(hub.port).write(Buffer.from([0x16, 3, 1, 2, 0, 1])).closed;
    await alive();
  });

  it("K2: closes with connections in every stage, and leaves none", async () => {
    const patient = await createHub({ tls });
    const stages = [new RawHttp(patient.port), new RawHttp(patient.port).write(Buffer.from([0x16, 3, 1, 2]))];
    await Promise.all(stages.map(({ socket }) => once(socket, "connect")));
    const secured = connect({ port: patient.port, host: "127.0.0.1", ca: tls.cert, servername: "localhost" });
    await once(secured, "secureConnect");
    secured.on("error", () => {}).resume();
    await patient.close();
    await Promise.all([...stages.map(({ closed }) => closed), once(secured, "close")]);
  });

  it("K1: a certificate that is damaged, or a key of another one, is refused in words", async () => {
    const other = await makeCertificate([], Date.now());
    const bad: [TlsIdentity, RegExp][] = [
      [{ cert: tls.cert, key: other.key }, /key does not belong/],
      [{ cert: tls.cert.slice(0, 300), key: tls.key }, /certificate cannot be read/],
      [{ cert: tls.cert, key: "nothing" }, /key cannot be read/],
    ];
    const clock = new FakeClock();
    for (const [identity, message] of bad) {
      const starting = createHub({ tls: identity, clock, idleTimeoutMs: 60_000 });
      await assert.rejects(starting, { name: "HumanError", message });
    }
    assert.equal(clock.pendingTimers, 0);
  });
});
