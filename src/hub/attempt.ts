import type { InferenceProtocol } from "../protocol/events";
import type { AnswerAdapter } from "./answerAdapter";
import type { TunnelAsk } from "./tunnelCall";

/** One way to have a request answered. */
export interface Attempt {
  readonly protocol: InferenceProtocol;
  readonly ask: TunnelAsk;
  /** Rewrites a successful answer; absent where the provider's bytes pass untouched. */
  readonly adapter?: AnswerAdapter;
  /** Sees the provider's bytes, e.g. to learn a response's id. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  readonly onBegin?: () => void;
  /** The request is over, whatever came of it. */
  readonly onEnd?: () => void;
  /** Taken instead where the provider does not have this route. @throws Refusal where it cannot be. */
  readonly otherwise?: (() => Attempt) | undefined;
}
