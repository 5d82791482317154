import type { ServerResponse } from "node:http";
import type { Disposable } from "../common/disposable";
import { MAX_TEXT_LENGTH } from "../protocol/constants";
import { parseSelector } from "../protocol/inference";
import { addressOf, networkOf } from "./clientAddress";
import type { HubParts } from "./hubParts";
import { InferenceRequest, type Work } from "./inferenceRequest";
import { loggingBugs } from "./logBug";
import type { HubContext } from "./managementAnswer";
import type { Refusal } from "./refusal";
import type { Requester } from "./requestQueue";
import type { Room } from "./room";

/** A request that makes a model work, as far as it does not matter which kind. */
interface AnyRequest {
  readonly outline: RequestBody;
  readonly byteLength: number;
  /** Let go of when its answer begins. */
  readonly memory: Disposable;
}

interface RequestBody {
  readonly model: string;
  readonly stream?: boolean | null | undefined;
  /** OpenAI's field for who is behind a request. */
  readonly user?: unknown;
}

/** Starts a request on its way; from here on it answers for itself. @returns undefined where its requester has left. */
export function startRequest(
  c: HubContext,
  { clock, limits, unsent, dispatchers, logger, prometheus }: HubParts,
  room: Room,
  { outline: body, byteLength, memory }: AnyRequest,
  how: Pick<Work, "wantsResponse" | "suits" | "attemptFor">,
): InferenceRequest | undefined {
  const response: ServerResponse = c.env.outgoing;
  // It left while the body was read: nobody would ever take the answer, and its close may have been told already.
  if (response.destroyed) {
    memory.dispose();
    return undefined;
  }
  const work: Work = {
    wantsResponse: how.wantsResponse,
    suits: how.suits,
    attemptFor: (record) =>
      loggingBugs(logger, { room: room.facts.code, participant: record.id }, () => how.attemptFor(record)),
    target: room.targetOf(parseSelector(body.model)),
    requester: requesterOf(addressOf(c.env.incoming.socket), body.user),
    bodyBytes: byteLength,
    memory,
    stream: body.stream === true,
  };
  const dispatcher = dispatchers.of(room);
  const requestId = c.get("requestId");
  const onRefused = ({ code }: Refusal) => prometheus.countRefusal(code);
  const onFound = (waitedMs: number) => prometheus.observeWait(waitedMs);
  const options = { clock, limits, unsent, room, dispatcher, requestId, response, onRefused, onFound };
  const request = new InferenceRequest(options, work);
  request.start();
  return request;
}

/** One household has any number of addresses of IPv6: they share its turns, each with identities of its own. */
export function requesterOf(address: string, user: unknown): Requester {
  const name = typeof user === "string" ? user.slice(0, MAX_TEXT_LENGTH) : "";
  return { address: networkOf(address), identity: `${address} ${name}` };
}
