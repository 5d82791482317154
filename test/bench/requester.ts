// A process of its own: whoever asks, over sockets that cost little and the same in every column.
import { Exchange, type Target } from "./exchange";
import { bodyFor, DelayReader, now } from "./plan";
import { serveJobs } from "./worker";

/** Between two requests for a first token, so that one's end does not delay the next one's beginning, ms. */
const PAUSE_MS = 1;

let flooded: Exchange[] = [];

const jobs = {
  /** Time to first token, ms: of each target one after the other, in turns. */
  firstTokens: async ({ targets, rounds }: { targets: Target[]; rounds: number }) => {
    const times = targets.map(() => new Float64Array(rounds));
    const exchanges = targets.map((target) => new Exchange(target));
    for (let round = -10; round < rounds; round++) {
      for (let turn = 0; turn < targets.length; turn++) {
        const at = (turn + Math.abs(round)) % targets.length;
        const [exchange, target, column] = [exchanges[at], targets[at], times[at]];
        if (!exchange || !target || !column) continue;
        const ms = await firstToken(exchange, target);
        if (round >= 0) column[round] = ms;
        await pause(PAUSE_MS);
      }
    }
    for (const exchange of exchanges) exchange.close();
    return times;
  },

  /** Delays of tokens, ms, of as many streams at once as there are targets. */
  delays: async ({ targets, tokens, everyMs }: { targets: Target[]; tokens: number; everyMs: number }) => {
    const readers = targets.map(() => new DelayReader());
    await Promise.all(
      targets.map(async (target, at) => {
        const exchange = new Exchange(target);
        await exchange.connected;
        const body = bodyFor(target.model, { tokens, everyMs, bytes: 0 });
        await exchange.post(body, (data) => readers[at]?.push(data));
        exchange.close();
      }),
    );
    return readers.map(({ delays }) => Float64Array.from(delays));
  },

  /** How long so many tokens take, as fast as they come, ms. */
  fast: async ({ target, tokens, bytes }: { target: Target; tokens: number; bytes: number }) => {
    const exchange = new Exchange(target);
    await exchange.connected;
    let received = 0;
    let firstAt = 0;
    await exchange.post(bodyFor(target.model, { tokens, everyMs: 0, bytes }), (data) => {
      firstAt ||= now();
      received += data.byteLength;
    });
    const ms = now() - firstAt;
    exchange.close();
    if (received < tokens * bytes) throw new Error(`Only ${received} bytes came.`);
    return ms;
  },

  /** From a long prompt's first byte to its answer's last, ms. */
  prompt: async ({ target, bytes }: { target: Target; bytes: number }) => {
    const body = Buffer.from(bodyFor(target.model, { tokens: 1, everyMs: 1, bytes: 0 }, "x".repeat(bytes)));
    const exchange = new Exchange(target);
    await exchange.connected;
    const startedAt = now();
    await exchange.post(body, () => {});
    const ms = now() - startedAt;
    exchange.close();
    return ms;
  },

  /** Leaves in the middle of an answer. @returns when, on the clock of `now()`. */
  abort: async ({ target, id }: { target: Target; id: string }) => {
    const exchange = new Exchange(target);
    await exchange.connected;
    await new Promise<void>((resolve, reject) => {
      const body = bodyFor(target.model, { id, tokens: 500, everyMs: 20, bytes: 0 });
      exchange.post(body, () => resolve()).catch(reject);
    });
    await pause(50);
    const at = now();
    exchange.close();
    return at;
  },

  /** Asks for an answer without end and reads nothing of it. */
  flood: async ({ target, bytes }: { target: Target; bytes: number }) => {
    const exchange = new Exchange(target);
    await exchange.connected;
    exchange.socket.pause();
    // It never ends by itself; that the hub cuts it is the hub's right.
    exchange.post(bodyFor(target.model, { tokens: 0, everyMs: 0, bytes }), () => {}).catch(() => {});
    exchange.socket.pause();
    flooded.push(exchange);
  },

  endFloods: () => {
    for (const exchange of flooded) exchange.close();
    flooded = [];
  },
};
export type RequesterJobs = typeof jobs;

async function firstToken(exchange: Exchange, target: Target): Promise<number> {
  let firstAt = 0;
  const startedAt = now();
  await exchange.post(bodyFor(target.model, { tokens: 1, everyMs: 1, bytes: 0 }), () => {
    firstAt ||= now();
  });
  return firstAt - startedAt;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

serveJobs(jobs);
