import { HumanError } from "../common/humanError";
import { SSE_KEEPALIVE_MS } from "../protocol/constants";
import type { RoomEvent } from "../protocol/events";
import { paths } from "../protocol/paths";
import { Deadline } from "./deadline";
import { hubRefusal, notAHub } from "./hubRefusal";
import { callHub, type HubAnswer, type HubTransport, parseJson, readBounded } from "./hubTransport";
import { hostOf, networkError } from "./networkError";
import { parseRoomEvent } from "./roomEvent";
import { SseReader, SseTooLongError } from "./sseReader";

/** A hub sends its first event at once, ms. */
const FIRST_EVENT_MS = 10_000;
/** A hub of ours sends at least a comment in each third of this; one that is silent is gone, or asleep. */
const SILENCE_MS = 3 * SSE_KEEPALIVE_MS;
const MAX_REFUSAL_BYTES = 64 * 1024;

/** A longer id is no hub's of ours, and would not fit into a request's head. */
const MAX_ID_LENGTH = 200;

export interface FollowOptions {
  roomCode: string;
  /** Of the last event that came over an earlier connection: the hub goes on from there, where it still can. */
  lastEventId?: string | undefined;
  onEvent: (event: RoomEvent) => void;
  /** After `onEvent`: what to come back with. */
  onId?: (id: string) => void;
}

/**
 * Follows a room's events over one connection; resolves when the hub ends it. Events of unknown kinds are left out.
 * @throws HumanError, or the signal's reason where it aborted.
 */
export async function followEvents(
  transport: HubTransport,
  { roomCode, lastEventId, onEvent, onId }: FollowOptions,
  signal: AbortSignal,
): Promise<void> {
  const deadline = new Deadline(transport.clock, signal);
  const silent = () => silentHub(transport.hubUrl);
  deadline.arm(FIRST_EVENT_MS, silent);
  try {
    const call = { method: "GET", path: paths.events(roomCode), accept: "text/event-stream" } as const;
    const headers = lastEventId === undefined ? undefined : { "last-event-id": lastEventId };
    const answer = await callHub(transport, {
      ...call,
      ...(headers && { headers }),
      signal: deadline.signal,
    });
    if (answer.status !== 200) throw await refusalOf(answer, transport.hubUrl);
    if (!answer.header("content-type").includes("text/event-stream")) {
      throw notAHub(transport.hubUrl, "something that is no event stream");
    }
    const reader = new SseReader();
    let begun = false;
    for await (const bytes of answer.body) {
      for (const { data, id } of reader.push(bytes)) {
        const event = parseRoomEvent(data);
        if (event) {
          begun = true;
          onEvent(event);
        }
        if (id !== undefined && isSendable(id)) onId?.(id);
      }
      // Comments count as life, but not before the first event: whatever sends only those, or other things, is no hub.
      if (begun) deadline.arm(SILENCE_MS, silent);
    }
  } catch (error) {
    if (deadline.signal.aborted) throw deadline.signal.reason;
    if (error instanceof SseTooLongError) throw notAHub(transport.hubUrl, "an event that is too long");
    throw networkError(error, transport.hubUrl);
  } finally {
    deadline.abort(undefined);
  }
}

/** It goes back in a header: what would not pass there is as good as none. */
function isSendable(id: string): boolean {
  return id.length <= MAX_ID_LENGTH && /^[\x21-\x7e]+$/.test(id);
}

async function refusalOf(answer: HubAnswer, hubUrl: string): Promise<HumanError> {
  const text = (await readBounded(answer.body, MAX_REFUSAL_BYTES)) ?? "";
  const value = parseJson(text);
  if (value === undefined && answer.status < 500) return notAHub(hubUrl, "something that is no event stream");
  return hubRefusal(answer.status, value, answer.header("retry-after"));
}

function silentHub(hubUrl: string): HumanError {
  const hint = "The connection is tried again by itself.";
  return new HumanError("TIMED_OUT", `${hostOf(hubUrl)} sends nothing any more.`, hint);
}
