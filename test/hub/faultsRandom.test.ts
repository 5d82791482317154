import assert from "node:assert/strict";
import fc from "fast-check";
import { paths } from "../../src/protocol/paths";
import { areEndedOnce } from "../support/endedOnce";
import { eventually } from "../support/eventually";
import { joinRaw, type RawParticipant, type RawRequest } from "../support/rawParticipant";
import { askChat, type Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";
import { type EventLog, watchEvents } from "../support/watchEvents";

/** What a participant does with the request that it gets next. */
const deeds = ["answer", "stream", "fail", "refuse", "cut", "break", "stall", "twice"] as const;
type Deed = (typeof deeds)[number];

interface Plan {
  readonly deeds: readonly Deed[];
  /** Of each requester: whether it streams, and whether it leaves once it saw a byte or a comment, or at once. */
  readonly requesters: readonly { stream: boolean; leaves: "never" | "soon" | "at once" }[];
}

const plans: fc.Arbitrary<Plan> = fc.record({
  deeds: fc.array(fc.constantFrom(...deeds), { minLength: 1, maxLength: 20 }),
  requesters: fc.array(
    fc.record({
      stream: fc.boolean(),
      leaves: fc.constantFrom("never" as const, "never" as const, "soon" as const, "at once" as const),
    }),
    { minLength: 1, maxLength: 16 },
  ),
});

const PARTICIPANTS = ["p1", "p2", "p3"];
const stream = { "content-type": "text/event-stream" };
const RUNS = 15;
/** So that a failure comes again with the next run. */
const SEED = 20_261_125;

/** A room whose participants misbehave by plan, and who asks in it. */
class Chaos {
  readonly asked: Requester[] = [];
  readonly #participants = new Map<string, RawParticipant>();
  readonly #deeds: Deed[];
  /** By tunnel, so that an answer that came twice is seen as such. */
  #marks = 0;

  constructor(
    readonly t: TestHub,
    readonly code: string,
    readonly log: EventLog,
    plan: Plan,
  ) {
    this.#deeds = [...plan.deeds];
  }

  async join(id: string): Promise<void> {
    const participant = await joinRaw(this.t, this.code, id);
    this.#participants.set(id, participant);
    participant.serve((request) => this.#act(participant, request));
  }

  /** Those that broke off come back, and what is left is answered: a fault is over some day. */
  async mend(): Promise<void> {
    for (const id of PARTICIPANTS) {
      const { connection } = await this.t.participant(this.code, id);
      if (!connection.connected) await this.join(id);
    }
  }

  #act(participant: RawParticipant, request: RawRequest): void {
    switch (this.#deeds.shift() ?? "answer") {
      case "answer":
        participant.answer(request, this.#mark());
        break;
      case "stream":
        participant.start(request, 200, stream);
        participant.chunk(request, `data: ${this.#mark()}\n\n`);
        participant.end(request);
        break;
      case "fail":
        participant.fail(request);
        break;
      case "refuse":
        participant.answer(request, "{}", 503);
        break;
      case "cut":
        participant.socket.terminate();
        break;
      case "break":
        participant.start(request, 200, stream);
        participant.chunk(request, `data: ${this.#mark()}\n\n`);
        participant.socket.terminate();
        break;
      case "stall":
        break; // Until the hub gives it up.
      case "twice":
        participant.answer(request, this.#mark());
        participant.answer(request, this.#mark());
        break;
      default:
        break;
    }
  }

  #mark(): string {
    return JSON.stringify({ mark: ++this.#marks });
  }
}

async function run(plan: Plan): Promise<void> {
  const t = await startHub();
  const code = await t.makeRoom();
  const log = await watchEvents(t.url + paths.events(code));
  const chaos = new Chaos(t, code, log, plan);
  try {
    for (const id of PARTICIPANTS) await chaos.join(id);
    for (const { stream, leaves } of plan.requesters) {
      const requester = askChat(t, code, { stream });
      chaos.asked.push(requester);
      if (leaves === "at once") requester.leave();
      if (leaves === "soon")
        void eventually(() => requester.text !== "").then(
          () => requester.leave(),
          () => {},
        );
    }
    await settle(t, chaos);
    for (const { text } of chaos.asked)
      assert.ok((text.match(/"mark"/g)?.length ?? 0) <= 1, `answered twice: ${text}`);
    const begun = () => log.types.filter((type) => type === "llm.request").length;
    await eventually(() => areEndedOnce(log, begun()));
    await eventually(async () => (await slotsTaken(t, code)) === 0);
  } finally {
    log.stop();
    await t.hub.close();
  }
  await eventually(() => t.clock.pendingTimers === 0);
}

/** Time goes on, heartbeats come, and who was cut off comes back, until every requester has its end. */
async function settle(t: TestHub, chaos: Chaos): Promise<void> {
  await eventually(
    async () => {
      if (chaos.asked.every(({ ended }) => ended)) return true;
      t.clock.advance(9_000);
      await chaos.mend();
      for (const id of PARTICIPANTS) await t.heartbeat(chaos.code, id);
      return false;
    },
    { timeoutMs: 30_000 },
  );
  await chaos.mend();
}

/** How many participants are not free. */
async function slotsTaken(t: TestHub, code: string): Promise<number> {
  t.clock.advance(6_000);
  const { body } = await t.ask("GET", paths.participants(code));
  for (const { id } of body.data) await t.heartbeat(code, id);
  return body.data.filter(({ status }: { status: string }) => status === "busy").length;
}

describe("hub: random faults", () => {
  it("I10, E4, M16: no request hangs, none is answered twice, and no slot or timer is left", async () => {
    await fc.assert(fc.asyncProperty(plans, run), { numRuns: RUNS, seed: SEED, endOnFailure: true });
  }).timeout(240_000);
});
