import type { Clock } from "../common/clock";
import { Deadline } from "./deadline";
import type { ParticipantLink } from "./participantLink";
import { Refusal } from "./refusal";
import type { RequesterAnswer } from "./requesterAnswer";
import type { CallOutcome, TunnelAsk } from "./tunnelCall";

export interface LookupOptions {
  clock: Clock;
  tunnel: ParticipantLink;
  ask: TunnelAsk;
  answer: RequesterAnswer;
  /** Without a byte, ms. */
  silenceMs: number;
  onEnded?: (status: number) => void;
}

/** A call beside the slots: it asks about a response rather than for one, and is no load. @returns what cancels it. */
export function runLookup({ clock, tunnel, ask, answer, silenceMs, onEnded }: LookupOptions): {
  cancel(): void;
} {
  let status = 0;
  const deadline = new Deadline(clock, silenceMs, () => {
    call.cancel();
    answer.fail(failed(504, "The participant did not answer in time."));
  });
  const call = tunnel.call(ask, {
    onStart: (its, headers) => {
      // No end of an HTTP answer: the requester would take the next answer on its connection for this one's.
      if (its < 200) {
        call.cancel();
        answer.fail(failed(502, `The participant answered ${its}.`));
        return;
      }
      status = its;
      answer.start(its, headers);
    },
    onBytes: (bytes) => {
      deadline.touch();
      answer.write(bytes);
    },
    onSettled: () => deadline.dispose(),
    onOver: (outcome) => {
      if (outcome.kind !== "ended") return answer.fail(failed(502, textOf(outcome)));
      onEnded?.(status);
      answer.end();
    },
  });
  answer.follow((unsentBytes, wasTaken) => {
    if (wasTaken) deadline.touch();
    call.holds(unsentBytes);
  });
  return {
    cancel: () => {
      deadline.dispose();
      call.cancel();
    },
  };
}

function textOf(outcome: CallOutcome): string {
  return outcome.kind === "lost" ? "The participant's tunnel closed." : "The participant failed.";
}

function failed(status: 502 | 504, message: string): Refusal {
  return new Refusal(status, "ENDPOINT_NOT_REACHABLE", message, "Retry, or try another participant.");
}
