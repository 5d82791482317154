import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { Bonjour } from "bonjour-service";
import { announceHub } from "../../src/cli/announceHub";
import { discoverHubs, type FoundHub, readAnnouncement } from "../../src/client/discoverHubs";
import { FakeClock } from "../support/fakeClock";
import { loopbackMulticast } from "../support/multicast";
import { rejectsWith } from "./assertHumanError";

const fingerprint = Array.from({ length: 32 }, () => "AB").join(":");

describe("hubs in the local network", () => {
  let network: { interface: string; port: number };
  const closers: (() => Promise<void> | void)[] = [];
  beforeEach(async () => {
    network = await loopbackMulticast();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  /** Another program that announces whatever it likes. */
  function stranger(): Bonjour {
    const bonjour = new Bonjour({ ...network, bind: "0.0.0.0" } as object);
    closers.push(() => void bonjour.destroy());
    return bonjour;
  }

  async function announce(port: number, secure = false, log: string[] = []) {
    const hub = { port, fingerprint: secure ? fingerprint : undefined };
    const announcement = await announceHub(hub, "1.2.3", network, (line) => log.push(line));
    closers.push(() => announcement.close());
    return announcement;
  }

  /** Listens until that many are found. */
  async function find(count: number): Promise<FoundHub[]> {
    const clock = new FakeClock();
    let seen = 0;
    const onFound = () => {
      if (++seen === count) clock.advance(60_000);
    };
    const hubs = await discoverHubs({ ...network, clock, searchMs: 60_000, onFound });
    assert.equal(clock.pendingTimers, 0);
    return hubs.sort((a, b) => a.hubUrl.localeCompare(b.hubUrl));
  }

  it("N3: a hub announces address, version and certificate, and is found", async () => {
    await announce(5567, true);
    await announce(5568);
    const [plain, secure] = await find(2);
    assert.match(plain?.hubUrl ?? "", /^http:\/\/[\d.]+:5568$/);
    assert.match(secure?.hubUrl ?? "", /^https:\/\/[\d.]+:5567$/);
    assert.match(secure?.name ?? "", /^LLM Rooms on .* 5567$/);
    assert.deepEqual(
      [secure?.version, secure?.fingerprint, secure?.service],
      ["1.2.3", fingerprint, "llm-rooms"],
    );
    assert.equal(plain?.fingerprint, undefined);
  });

  it("N3: a Gambi hub is found too", async () => {
    const txt = { version: "1.0", protocol: "http" };
    stranger().publish({ name: "gambi-hub-3000", type: "gambi", port: 3000, txt, probe: false });
    const [hub] = await find(1);
    assert.deepEqual([hub?.service, hub?.name, hub?.version], ["gambi", "gambi-hub-3000", "1.0"]);
    assert.match(hub?.hubUrl ?? "", /^http:\/\/[\d.]+:3000$/);
  });

  it("N3: one that ends says so, and is not found afterwards", async () => {
    const first = await announce(5567);
    await announce(5568);
    assert.equal((await find(2)).length, 2);
    await first.close();
    await first.close();
    assert.deepEqual(
      (await find(1)).map(({ hubUrl }) => hubUrl.split(":")[2]),
      ["5568"],
    );
  });

  it("N4: at most 50 are taken, whoever makes them up", async () => {
    const bonjour = stranger();
    for (let port = 1; port <= 60; port++) {
      bonjour.publish({ name: `made up ${port}`, type: "llm-rooms", port, probe: false });
    }
    assert.equal((await find(1_000)).length, 50);
  });

  it("N4: an overlong message is not read", async () => {
    const txt = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`key${at}`, "x".repeat(240)]));
    stranger().publish({ name: "huge", type: "llm-rooms", port: 1, txt, probe: false });
    await announce(5567);
    const hubs = await find(1);
    assert.deepEqual(
      hubs.map(({ hubUrl }) => hubUrl.split(":")[2]),
      ["5567"],
    );
  });

  it("N4: garbage harms nobody", async () => {
    const socket = createSocket("udp4");
    socket.bind(0, network.interface);
    await once(socket, "listening");
    socket.setMulticastInterface(network.interface);
    closers.push(() => void socket.close());
    await announce(5567);
    const search = find(1);
    for (const bytes of [
      "",
      "x",
      "\u0000\u0000\u0084\u0000\u00ff\u00ff\u00ff\u00ff",
      "\u00c0\u000c".repeat(500),
    ]) {
      socket.send(Buffer.from(bytes, "latin1"), network.port, "224.0.0.251");
    }
    assert.equal((await search).length, 1);
  });

  it("N4: what was announced is read by a schema, and leads to no program of this machine alone", () => {
    const good = { name: "Hub", port: 5567, addresses: ["192.168.1.2"] };
    assert.equal(readAnnouncement("llm-rooms", good)?.hubUrl, "http://192.168.1.2:5567");
    const bad: unknown[] = [
      undefined,
      "text",
      { ...good, port: 0 },
      { ...good, port: "22/../" },
      { ...good, name: 5 },
      { ...good, name: "\u0007\u202e" },
      ...["127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "evil.example", "1.2.3.4@evil.example"].map(
        (address) => ({ ...good, addresses: [address] }),
      ),
    ];
    for (const each of bad)
      assert.equal(readAnnouncement("llm-rooms", each), undefined, JSON.stringify(each));
    const odd = readAnnouncement("llm-rooms", {
      ...good,
      name: `\u001b[31mred\n${"long ".repeat(40)}`,
      addresses: ["fe80::1", "10.0.0.1", "10.0.0.2"],
      referer: { address: "10.0.0.2" },
      txt: { version: "\u0007".repeat(500), tls: "1", fingerprint: "nonsense", __proto__: { tls: "0" } },
    });
    assert.equal(odd?.hubUrl, "https://10.0.0.2:5567");
    assert.match(odd?.name ?? "", /^\[31mred long/);
    assert.ok((odd?.name.length ?? 0) <= 80);
    assert.deepEqual([odd?.version, odd?.fingerprint], [undefined, undefined]);
    const gambi = readAnnouncement("gambi", { ...good, txt: { tls: "1", fingerprint } });
    assert.deepEqual([gambi?.hubUrl, gambi?.fingerprint], ["http://192.168.1.2:5567", undefined]);
  });

  it("N3: where this machine cannot listen, a search says so and a hub goes on", async () => {
    const socket = createSocket("udp4").bind(network.port);
    await once(socket, "listening");
    closers.push(() => void socket.close());
    const error = await rejectsWith(discoverHubs(network), "HUB_UNREACHABLE");
    assert.match(error.message, /EADDRINUSE/);
    const log: string[] = [];
    const announcement = await announce(5567, false, log);
    await announcement.close();
    assert.match(log.join(), /not announced.*EADDRINUSE/);
  });

  it("ends at once where the caller aborts", async () => {
    const abort = new AbortController();
    const search = discoverHubs({ ...network, clock: new FakeClock() }, abort.signal);
    abort.abort(new Error("enough"));
    await assert.rejects(search, /enough/);
    await assert.rejects(discoverHubs(network, abort.signal), /enough/);
  });
});
