import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RoomEvent } from "../protocol/events";
import type { ErrorCode } from "../protocol/management";
import { toFailureStage } from "../protocol/tunnel";

/** What is true at the moment of asking, counted only then. */
export interface HubCounts {
  readonly rooms: number;
  readonly participants: Readonly<Record<"online" | "busy" | "offline", number>>;
  readonly watchers: number;
  readonly waiting: number;
}

/** Time to first token, s: a warm model answers in tenths of a second, a cold one loads for minutes. */
const FIRST_TOKEN_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Whole answers, s. */
const DURATION_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
/** In the queue, s; most requests do not wait at all. */
const WAIT_BUCKETS = [0.001, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/**
 * One hub's figures in Prometheus' format. Labels are of our own making only: neither rooms, names nor models, which are
 * without bound and nobody's business. Nothing here is touched by a token.
 */
export class Prometheus {
  readonly #registry = new Registry();
  readonly #requests: Counter<"protocol" | "outcome">;
  readonly #refusals: Counter<"code">;
  readonly #tokens: Counter<"direction">;
  readonly #wait: Histogram;
  readonly #firstToken: Histogram;
  readonly #duration: Histogram;
  readonly #count: () => HubCounts;
  readonly #setGauges: (counts: HubCounts) => void;

  constructor(count: () => HubCounts) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: "llm_rooms_requests_total",
      help: "Requests that a participant was asked for, by how they ended.",
      labelNames: ["protocol", "outcome"],
      registers,
    });
    this.#refusals = new Counter({
      name: "llm_rooms_refusals_total",
      help: "Requests that the hub refused, by error code.",
      labelNames: ["code"],
      registers,
    });
    this.#tokens = new Counter({
      name: "llm_rooms_tokens_total",
      help: "Tokens of answers whose provider told how many.",
      labelNames: ["direction"],
      registers,
    });
    this.#wait = new Histogram({
      name: "llm_rooms_queue_wait_seconds",
      help: "From a request's arrival to its dispatch to its first participant.",
      buckets: WAIT_BUCKETS,
      registers,
    });
    this.#firstToken = new Histogram({
      name: "llm_rooms_time_to_first_token_seconds",
      help: "From a request's dispatch to its participant's first byte.",
      buckets: FIRST_TOKEN_BUCKETS,
      registers,
    });
    this.#duration = new Histogram({
      name: "llm_rooms_answer_duration_seconds",
      help: "From a request's dispatch to its answer's end.",
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#count = count;
    this.#setGauges = this.#makeGauges();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts once, however many figures come of it: a room may have thousands of participants. */
  text(): Promise<string> {
    this.#setGauges(this.#count());
    return this.#registry.metrics();
  }

  countRefusal(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }

  observeWait(ms: number): void {
    this.#wait.observe(ms / 1_000);
  }

  /** What happened in any of the hub's rooms. */
  take(event: RoomEvent): void {
    if (event.type === "llm.error") {
      const { protocol = "chatCompletions", stage } = event.data;
      this.#requests.inc({ protocol, outcome: toFailureStage(stage) });
    }
    if (event.type !== "llm.complete") return;
    const { protocol = "chatCompletions", metrics } = event.data;
    this.#requests.inc({ protocol, outcome: "complete" });
    if (!metrics) return;
    this.#firstToken.observe(metrics.ttftMs / 1_000);
    this.#duration.observe(metrics.durationMs / 1_000);
    this.#tokens.inc({ direction: "input" }, metrics.inputTokens ?? 0);
    this.#tokens.inc({ direction: "output" }, metrics.outputTokens ?? 0);
  }

  #makeGauges(): (counts: HubCounts) => void {
    const registers = [this.#registry];
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
    const rooms = gauge("llm_rooms_rooms", "Rooms.");
    const watchers = gauge("llm_rooms_watchers", "Open event streams.");
    const waiting = gauge("llm_rooms_waiting_requests", "Requests in queues.");
    const participants = new Gauge({
      name: "llm_rooms_participants",
      help: "Participants by status.",
      labelNames: ["status"],
      registers,
    });
    const memory = gauge("process_resident_memory_bytes", "Resident memory of the hub's process.");
    // The standard's own name; a gauge since its value is read, not counted up.
    const cpu = gauge("process_cpu_seconds_total", "CPU time of the hub's process.");
    return (counts) => {
      rooms.set(counts.rooms);
      watchers.set(counts.watchers);
      waiting.set(counts.waiting);
      for (const [status, value] of Object.entries(counts.participants)) participants.set({ status }, value);
      memory.set(process.memoryUsage.rss());
      const { user, system } = process.cpuUsage();
      cpu.set((user + system) / 1_000_000);
    };
  }
}
