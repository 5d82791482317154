import { HEALTH_CHECK_INTERVAL } from "../protocol/constants";
import { tunnelClose } from "../protocol/tunnel";
import { Refusal, roomNotFound } from "./refusal";
import type { TunnelClose } from "./tunnel";

/** Where nothing is known of any answer, s. */
const USUAL_RETRY_SECONDS = 5;
/** Nobody should stay away for longer than this because of a guess, s. */
const MAX_RETRY_SECONDS = 120;

export function participantBusy(): Refusal {
  return new Refusal(409, "PARTICIPANT_BUSY", "The participant is busy.", "Retry, or try another one.");
}

export function notConnected(): Refusal {
  return new Refusal(
    503,
    "PARTICIPANT_TUNNEL_NOT_CONNECTED",
    "The participant is not connected.",
    "Retry when it is back, or try another one.",
  );
}

/** For a moment after the hub's start: who asks again in a while finds them, where 404 would tell it that they are not there. */
export function comingBack(): Refusal {
  const message = "The hub has just started, and who shares here is still coming back.";
  return new Refusal(503, "PARTICIPANT_TUNNEL_NOT_CONNECTED", message, "Retry in a moment.", {
    headers: retryAfter(HEALTH_CHECK_INTERVAL / 1_000),
  });
}

export function modelNotFound(): Refusal {
  return new Refusal(
    404,
    "MODEL_NOT_FOUND",
    "No participant of this room has that id or shares that model.",
    "GET …/models lists who does.",
  );
}

/** @param seconds until a place may be free, where that can be guessed. */
export function queueFull(seconds: number | undefined): Refusal {
  const message = "All participants that could serve this are busy, and the queue is full.";
  return new Refusal(429, "QUEUE_FULL", message, "Retry in a moment, or try another participant.", {
    headers: retryAfter(seconds),
  });
}

export function queueTimeout(seconds: number | undefined): Refusal {
  const message = "No participant that could serve this was free in time.";
  return new Refusal(429, "QUEUE_TIMEOUT", message, "Retry later, or try another participant.", {
    headers: retryAfter(seconds),
  });
}

/** What waits hears when its room closes, or its hub. */
export function closedWhileWaiting(why: TunnelClose): Refusal {
  if (why.code === tunnelClose.roomClosed.code) return roomNotFound();
  return new Refusal(503, "HUB_CLOSING", "The hub is shutting down.", "Retry when it is back.", {
    headers: retryAfter(undefined),
  });
}

function retryAfter(seconds = USUAL_RETRY_SECONDS): Record<string, string> {
  return { "retry-after": String(Math.min(seconds, MAX_RETRY_SECONDS)) };
}
