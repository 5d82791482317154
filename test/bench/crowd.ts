// A process of its own: many participants and watchers that do little each.
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { HEALTH_CHECK_INTERVAL, TUNNEL_SUBPROTOCOL } from "../../src/protocol/constants";
import { paths } from "../../src/protocol/paths";
import { addressOf, type HubAddress, manage, register } from "./hubApi";
import { now } from "./plan";
import { RawServer } from "./rawServer";
import { serveJobs } from "./worker";

/** Joins under way at once: as many as a hub gets when a team comes back from lunch. */
const JOINING_AT_ONCE = 16;
/** That a watcher sees an event at the latest, ms. */
const SEEN_WITHIN_MS = 40_000;

let lastId = 0;
/** What participants are open, and their next heartbeat. */
const members: { socket: WebSocket; timer: NodeJS.Timeout | undefined }[] = [];
const watchers: Socket[] = [];
let expected: { needle: Buffer; seen: Set<Socket>; onAll: (lastAt: number) => void } | undefined;

const jobs = {
  /** Registers so many participants, one after another, and opens their tunnels. @returns ms each. */
  join: async ({ hub, count }: { hub: HubAddress; count: number }) => {
    const times = new Float64Array(count);
    for (let at = 0; at < count; at++) {
      const id = `joins-${++lastId}`;
      const startedAt = now();
      const { tunnel, participantToken } = await register(hub, id, {});
      const socket = await openTunnel(tunnel.url, tunnel.token);
      times[at] = now() - startedAt;
      await manage(hub.port, {
        method: "DELETE",
        path: paths.participant(hub.code, id),
        token: participantToken,
      });
      socket.destroy();
    }
    return times;
  },

  /** Participants that only say that they are there, each every 10 s by a ping and a heartbeat. */
  beIdle: async ({ hubs, count }: { hubs: HubAddress[]; count: number }) => {
    let begun = 0;
    const joinSome = async () => {
      while (begun < count) {
        const at = begun++;
        const hub = hubs[at % hubs.length];
        if (hub) await joinIdle(hub, at, (at / count) * HEALTH_CHECK_INTERVAL);
      }
    };
    await Promise.all(Array.from({ length: JOINING_AT_ONCE }, joinSome));
  },

  /** Participants that answer by themselves. */
  serve: async ({ hub, count, capacity }: { hub: HubAddress; count: number; capacity: number }) => {
    for (let at = 0; at < count; at++) await serveRaw(hub, `raw-${at}`, capacity);
  },

  /** The same for a bare relay, which knows no rooms. */
  serveAt: async ({ url, count }: { url: string; count: number }) => {
    for (let at = 0; at < count; at++) await new RawServer(url, false).opened;
  },

  /** Opens so many event streams. */
  watch: async ({ hub, count }: { hub: HubAddress; count: number }) => {
    for (let at = 0; at < count; at++) await openWatcher(hub, at);
  },

  /** Registers one, so that all watchers see it. @returns until the last one did, ms. */
  joinWatched: async ({ hub }: { hub: HubAddress }) => {
    const id = `seen-${++lastId}`;
    const seen = seenByAll(`"id":"${id}"`);
    const startedAt = now();
    const { participantToken } = await register(hub, id, {});
    const lastAt = await seen;
    await manage(hub.port, {
      method: "DELETE",
      path: paths.participant(hub.code, id),
      token: participantToken,
    });
    return lastAt - startedAt;
  },

  /** @returns when all watchers had seen `text`, on the clock of `now()`. */
  seenByAll: ({ text }: { text: string }) => seenByAll(text),

  /** @returns when everything asked before has begun. */
  settled: () => {},

  leave: () => {
    for (const { socket, timer } of members.splice(0)) {
      clearInterval(timer);
      socket.terminate();
    }
    for (const socket of watchers.splice(0)) socket.destroy();
  },
};
export type CrowdJobs = typeof jobs;

async function joinIdle(hub: HubAddress, at: number, firstBeatMs: number): Promise<void> {
  const localAddress = addressOf(at);
  const id = `idle-${at}`;
  const { tunnel, participantToken } = await register(hub, id, {}, localAddress);
  const socket = new WebSocket(`${tunnel.url}?token=${tunnel.token}`, [TUNNEL_SUBPROTOCOL], {
    perMessageDeflate: false,
    localAddress,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve).once("error", reject);
  });
  keepBeating(hub, { id, socket, token: participantToken, localAddress }, firstBeatMs);
}

async function serveRaw(hub: HubAddress, id: string, capacity: number): Promise<void> {
  const health = await manage<{ hub: { features: string[] } }>(hub.port, {
    method: "GET",
    path: paths.health,
  });
  const hasCredit = health.hub.features.includes("tunnel.credit");
  const { tunnel, participantToken } = await register(hub, id, { capacity });
  const server = new RawServer(`${tunnel.url}?token=${tunnel.token}`, hasCredit);
  await server.opened;
  keepBeating(hub, { id, socket: server.socket, token: participantToken }, HEALTH_CHECK_INTERVAL);
}

interface Member {
  id: string;
  socket: WebSocket;
  token: string | undefined;
  localAddress?: string;
}

function keepBeating(
  hub: HubAddress,
  { id, socket, token, localAddress }: Member,
  firstBeatMs: number,
): void {
  const path = paths.heartbeat(hub.code, id);
  const beat = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ type: "tunnel.ping", timestamp: Date.now() }));
    manage(hub.port, { method: "POST", path, body: {}, token, localAddress }).catch((error) => {
      if (socket.readyState === WebSocket.OPEN) console.error(String(error));
    });
  };
  const mine: (typeof members)[number] = { socket, timer: undefined };
  mine.timer = setTimeout(() => {
    beat();
    mine.timer = setInterval(beat, HEALTH_CHECK_INTERVAL);
  }, firstBeatMs);
  members.push(mine);
}

/** A WebSocket's handshake and nothing more: the least that a join can cost its client. */
function openTunnel(url: string, token: string): Promise<Socket> {
  const { port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
    socket.once("error", reject);
    socket.once("data", (data) => {
      if (data.toString("latin1", 0, 12) === "HTTP/1.1 101") resolve(socket);
      else reject(new Error(data.toString()));
    });
    socket.write(
      `GET ${pathname}?token=${token} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${TUNNEL_SUBPROTOCOL}\r\n\r\n`,
    );
  });
}

function openWatcher({ port, code }: HubAddress, at: number): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", localAddress: addressOf(at), noDelay: true });
  watchers.push(socket);
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (data) => {
      if (data.toString("latin1", 9, 12) === "200") resolve();
      else reject(new Error(data.toString()));
      socket.on("data", (event) => look(socket, event));
    });
    socket.write(`GET ${paths.events(code)} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  });
}

function look(socket: Socket, event: Buffer): void {
  if (!expected || !event.includes(expected.needle)) return;
  expected.seen.add(socket);
  if (expected.seen.size === watchers.length) expected.onAll(now());
}

function seenByAll(text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`Not all watchers saw ${text}.`)), SEEN_WITHIN_MS);
    const onAll = (lastAt: number) => {
      clearTimeout(late);
      expected = undefined;
      resolve(lastAt);
    };
    expected = { needle: Buffer.from(text), seen: new Set(), onAll };
  });
}

serveJobs(jobs);
