import type { Clock } from "../common/clock";
import { Emitter, type Event } from "../common/event";
import type { HumanError } from "../common/humanError";
import type { MachineSpecs, RuntimeConfig } from "../protocol/participant";

export interface ParticipantSessionOptions {
  hubUrl: string;
  roomCode: string;
  /** Stable for this machine, room and model, so that a restart finds its own card again. */
  participantId: string;
  nickname: string;
  password?: string | undefined;
  /** Base URL of the OpenAI-compatible provider, without `/v1`. */
  endpoint: string;
  /** The provider's key; never leaves this machine. */
  apiKey?: string | undefined;
  /** As the provider names it. */
  model: string;
  specs?: MachineSpecs | undefined;
  config?: RuntimeConfig | undefined;
  /** How many requests at once. Default 1. */
  capacity?: number | undefined;
  /** A request's max_tokens is capped to this, where given. */
  maxTokens?: number | undefined;
  clock?: Clock | undefined;
}

/** One request being served; nothing of its content. */
export interface ActiveRequest {
  readonly requestId: string;
  readonly startedAt: number;
}

export type SessionState =
  | { readonly state: "starting" }
  | {
      readonly state: "sharing";
      readonly since: number;
      readonly active: readonly ActiveRequest[];
      readonly paused: boolean;
    }
  | { readonly state: "reconnecting"; readonly error: HumanError; readonly retryAt: number }
  | { readonly state: "stopped"; readonly error?: HumanError };

/** Shares one model in one room for as long as it lives. */
export class ParticipantSession {
  readonly #changed = new Emitter<SessionState>();
  /** Fires on every change of `state`, the number of active requests included. */
  readonly onDidChangeState: Event<SessionState> = this.#changed.event;

  constructor(readonly options: ParticipantSessionOptions) {}

  get state(): SessionState {
    return { state: "starting" };
  }

  /**
   * Probes the provider, registers, opens the tunnel; resolves once others can use the model. Afterwards it heartbeats
   * and reconnects by itself until `stop()`.
   * @throws HumanError where provider, hub, room, password or model is not what was asked for.
   */
  async start(_signal?: AbortSignal): Promise<void> {
    throw new Error("not built yet");
  }

  /** Refuses new requests (and says busy to a hub that listens) until resumed. */
  setPaused(_paused: boolean): void {}

  /** Aborts what it serves, leaves the room, closes everything; idempotent. */
  async stop(): Promise<void> {}
}
