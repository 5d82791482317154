import assert from "node:assert/strict";
import fc from "fast-check";
import type { Disposable } from "../../src/common/disposable";
import { Dispatcher } from "../../src/hub/dispatcher";
import { defaultLimits } from "../../src/hub/limits";
import type { ParticipantRecord } from "../../src/hub/participantRecord";
import type { Refusal } from "../../src/hub/refusal";
import type { Requester } from "../../src/hub/requestQueue";
import { Room } from "../../src/hub/room";
import { isMeant, type Target } from "../../src/hub/selector";
import { Tunnel } from "../../src/hub/tunnel";
import type { QueuePlace, WaitingRequest } from "../../src/hub/waitingRequest";
import { tunnelClose } from "../../src/protocol/tunnel";
import { FakeClock } from "../support/fakeClock";
import { FakeTunnelSocket } from "../support/fakeTunnelSocket";

const MAX_QUEUE = 5;
const QUEUE_TIMEOUT_MS = 60_000;
const ids = ["p", "q", "r"];
const models = ["m", "n"];

/** A request that is only counted: begun, refused or gone. */
class Request implements WaitingRequest {
  static count = 0;
  readonly requestId = "r";
  readonly arrival = Request.count++;
  readonly bodyBytes = 1;
  readonly outcomes: string[] = [];
  readonly places: QueuePlace[] = [];
  record: ParticipantRecord | undefined;
  #slot: Disposable | undefined;

  constructor(
    readonly room: Room,
    readonly target: Target,
    readonly requester: Requester,
    /** Its participant is free again at once, as where a tunnel takes nothing. */
    readonly failsAtOnce: boolean,
  ) {}

  fits(record: ParticipantRecord): boolean {
    return isMeant(this.target, record);
  }
  wants(record: ParticipantRecord): boolean {
    return this.fits(record);
  }
  begin(record: ParticipantRecord): void {
    this.outcomes.push("begun");
    this.record = record;
    this.#slot = this.room.takeSlot(record);
    if (this.failsAtOnce) this.end();
  }
  refuse(refusal: Refusal): void {
    this.outcomes.push(refusal.code);
  }
  tellPlace(place: QueuePlace): void {
    assert.deepEqual(this.outcomes, [], "nobody is told a place that it has not");
    this.places.push(place);
  }
  end(): void {
    this.#slot?.dispose();
  }
}

type Move = Extract<Step, { id: string }>;
type Step =
  | { do: "ask"; target: Target; address: string; identity: string; failsAtOnce: boolean }
  | { do: "leave" | "end"; which: number }
  | { do: "join"; id: string; model: string; capacity: number }
  | { do: "connect" | "cut" | "remove" | "beat"; id: string }
  | { do: "say"; id: string; status: "online" | "busy" | "offline" }
  | { do: "pass"; ms: number };

const id = fc.constantFrom(...ids);
const model = fc.constantFrom(...models);
const target = fc.oneof(
  fc.constant<Target>({ kind: "any" }),
  model.map<Target>((name) => ({ kind: "model", model: name })),
  id.map<Target>((name) => ({ kind: "participant", id: name })),
);
const is = <T extends string>(name: T) => fc.constant<T>(name);
const ask = fc.record({
  do: is("ask"),
  target,
  address: fc.constantFrom("x", "y"),
  identity: fc.constantFrom("", "ann"),
  failsAtOnce: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: ask },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("leave", "end"), which: fc.nat(30) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is("join"), id, model, capacity: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: is("connect"), id }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("cut", "remove", "beat"), id }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is("say"), id, status: fc.constantFrom("online", "busy", "offline") }),
  },
  { weight: 1, arbitrary: fc.record({ do: is("pass"), ms: fc.constantFrom(500, 5_000, 15_000, 40_000) }) },
);

/** A room with its dispatcher, and every request that was ever made in it. */
class World {
  readonly clock = new FakeClock();
  readonly room: Room;
  readonly dispatcher: Dispatcher;
  readonly all: Request[] = [];
  readonly #left = new Set<Request>();

  constructor() {
    const { clock } = this;
    const facts = {
      id: "i",
      code: "ABCDEF",
      name: "T",
      hostId: "h",
      createdAt: clock.now(),
      access: "open" as const,
    };
    this.room = new Room(facts, clock, 10);
    const limits = { ...defaultLimits, maxQueue: MAX_QUEUE, queueTimeoutMs: QUEUE_TIMEOUT_MS };
    this.dispatcher = new Dispatcher({ clock, limits, room: this.room });
  }

  get waiting(): Request[] {
    return this.all.filter((each) => each.outcomes.length === 0 && !this.#left.has(each));
  }

  run(step: Step): void {
    if (step.do === "ask") this.#ask(step);
    else if (step.do === "pass") this.#pass(step.ms);
    else if ("id" in step) this.#move(step);
    else if (step.do === "leave") this.#leave(this.all[step.which]);
    else this.all[step.which]?.end();
  }

  #ask({ target: its, address, identity, failsAtOnce }: Extract<Step, { do: "ask" }>): void {
    const request = new Request(this.room, its, { address, identity }, failsAtOnce);
    const choice = this.room.choose(its);
    if (choice.kind === "offline" || choice.kind === "unknown") return;
    this.all.push(request);
    if (choice.kind === "chosen") request.begin(choice.participant);
    else {
      try {
        this.dispatcher.add(request);
      } catch (error) {
        request.refuse(error as Refusal);
      }
    }
  }

  #leave(request: Request | undefined): void {
    if (!request || request.outcomes.length > 0) return;
    this.#left.add(request);
    this.dispatcher.remove(request);
    this.dispatcher.remove(request);
  }

  #pass(ms: number): void {
    this.clock.advance(ms);
    this.room.sweep(0, 1e9);
  }

  #move(step: Move): void {
    if (step.do === "join") {
      const { model: its, capacity } = step;
      this.room.register(step.id, { nickname: "A", model: its, endpoint: "http://localhost:1", capacity });
    }
    const record = this.room.find(step.id);
    if (!record) return;
    if (step.do === "connect") {
      const options = { clock: this.clock, isOurs: true, log: () => {} };
      this.room.connect(record, new Tunnel(new FakeTunnelSocket(), options));
    } else if (step.do === "cut") record.tunnel?.close(tunnelClose.timedOut);
    else if (step.do === "remove") this.room.remove(record);
    else if (step.do === "beat") this.room.heartbeat(record, {});
    else if (step.do === "say") this.room.heartbeat(record, { status: step.status });
  }

  check(): void {
    const { waiting } = this;
    assert.equal(this.dispatcher.size, waiting.length, "nobody is lost, nobody waits twice");
    assert.ok(this.all.every(({ outcomes }) => outcomes.length <= 1));
    assert.ok(waiting.length <= MAX_QUEUE);
    assert.ok(
      [...this.#left].every(({ outcomes }) => outcomes.length === 0),
      "who left is not served",
    );
    for (const record of this.room.participants.filter(({ status }) => status === "online"))
      assert.ok(!waiting.some((each) => each.fits(record)), "nobody waits for one that is free");
  }
}

describe("hub: dispatcher", () => {
  it("Q1: whatever happens, nobody waits for one that is free, and each is begun or refused once", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const world = new World();
        for (const record of ids) world.run({ do: "join", id: record, model: "m", capacity: 1 });
        for (const record of ids) world.run({ do: "connect", id: record });
        for (const each of steps) {
          world.run(each);
          world.check();
        }
        world.room.close(tunnelClose.hubShutdown);
        world.check();
        assert.equal(world.waiting.length, 0);
        assert.equal(world.clock.pendingTimers, 0);
        for (const each of world.all) each.end();
        assert.ok(
          world.room.participants.every(({ active }) => active === 0),
          "no slot stays taken",
        );
      }),
      { numRuns: 500 },
    );
  });

  it("Q5: nobody waits longer than the time that there is, however participants come and go", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World();
        world.run({ do: "join", id: "p", model: "m", capacity: 1 });
        world.run({ do: "connect", id: "p" });
        for (const each of steps) world.run(each);
        for (let passed = 0; passed < QUEUE_TIMEOUT_MS; passed += 5_000) world.run({ do: "pass", ms: 5_000 });
        assert.equal(world.waiting.length, 0);
        assert.equal(world.dispatcher.size, 0);
        assert.equal(world.clock.pendingTimers, 0);
      }),
    );
  });
});
