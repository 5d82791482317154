import { randomUUID } from "node:crypto";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { responsesRequestSchema } from "../protocol/inference";
import type { TunnelOperation } from "../protocol/tunnel";
import type { HubEnv } from "./accessGuard";
import type { Attempt } from "./attempt";
import { nativeAttempt, translatedAttempt } from "./attempts";
import { mergeConfigs, responsesFields } from "./defaults";
import type { HubParts } from "./hubParts";
import type { InferenceRequest } from "./inferenceRequest";
import { parseBody } from "./inferenceRoutes";
import type { KeptRequest } from "./keptRequest";
import { loggingBugs } from "./logBug";
import { runLookup } from "./lookup";
import { findRoom, type HubContext } from "./managementAnswer";
import type { ParticipantRecord } from "./participantRecord";
import { Refusal } from "./refusal";
import { RequesterAnswer } from "./requesterAnswer";
import { ResponseIdFinder } from "./responseIdFinder";
import type { Room } from "./room";
import { startRequest } from "./startRequest";

/** `/rooms/:code/v1/responses`: making a response, and what can be asked of one that was made. */
export function responsesRoutes(parts: HubParts): Hono<HubEnv> {
  const app = new Hono<HubEnv>();
  const path = "/rooms/:code/v1/responses";
  app.post(path, async (c) => {
    const room = findRoom(parts, c.req.param("code"));
    const request = await parseBody(c, parts, responsesRequestSchema);
    create(c, parts, room, request);
    return RESPONSE_ALREADY_SENT;
  });
  app.get(`${path}/:id`, (c) => ask(c, parts, c.req.param(), "responses.get"));
  app.delete(`${path}/:id`, (c) => ask(c, parts, c.req.param(), "responses.delete"));
  app.post(`${path}/:id/cancel`, (c) => ask(c, parts, c.req.param(), "responses.cancel"));
  app.get(`${path}/:id/input_items`, (c) => ask(c, parts, c.req.param(), "responses.input_items"));
  return app;
}

type KeptResponses = KeptRequest<typeof responsesRequestSchema>;

function create(c: HubContext, parts: HubParts, room: Room, request: KeptResponses): void {
  let started: InferenceRequest | undefined;
  const cancel = () => started?.cancel() === true;
  const maker = makerOfPrevious(parts, room, request.outline);
  started = startRequest(c, parts, room, request, {
    wantsResponse: true,
    suits: ({ id, capabilities }) =>
      (maker === undefined || id === maker) &&
      (capabilities.openResponses !== "unsupported" || capabilities.chatCompletions !== "unsupported"),
    attemptFor: (record) => {
      const defaults = mergeConfigs(room.facts.defaults, record.config);
      const fields = { ...responsesFields(request.outline, defaults), model: record.model };
      return responsesAttempt(parts, room, record, { request, fields }, cancel);
    },
  });
}

/** A conversation goes on where its response is stored: no other provider knows it. */
function makerOfPrevious(
  { responses }: HubParts,
  room: Room,
  { previous_response_id: id }: Record<string, unknown>,
): string | undefined {
  return typeof id === "string" ? responses.find(room, id)?.participantId : undefined;
}

function responsesAttempt(
  { clock, responses, logger }: HubParts,
  room: Room,
  record: ParticipantRecord,
  { request, fields }: { request: KeptResponses; fields: Record<string, unknown> & { model: string } },
  cancel: () => boolean,
): Attempt {
  const { openResponses, chatCompletions } = record.capabilities;
  const participantId = record.id;
  const responseId = `resp_${randomUUID().replaceAll("-", "")}`;
  const translated = (): Attempt => ({
    ...translatedAttempt({ ...request.whole(), ...fields }, responseId, clock.now()),
    onBegin: () => responses.remember(room, responseId, { kind: "translated", participantId, cancel }),
    onEnd: () => responses.remember(room, responseId, { kind: "translated", participantId, cancel: isOver }),
  });
  if (openResponses === "unsupported") {
    if (chatCompletions === "unsupported") throw neitherRoute();
    return translated();
  }
  const finder = new ResponseIdFinder((id) =>
    responses.remember(room, id, { kind: "native", participantId }),
  );
  const native: Attempt = {
    ...nativeAttempt(request.with(fields)),
    onBytes: (bytes) => finder.push(bytes),
    onEnd: () => finder.end(),
  };
  if (chatCompletions === "unsupported") return native;
  const about = { room: room.facts.code, participant: participantId };
  return { ...native, otherwise: () => loggingBugs(logger, about, translated) };
}

/** Made out here, where it holds on to no prompt: it is kept long after its response. */
const isOver = () => false;

const operations = {
  "responses.get": { method: "GET", suffix: "" },
  "responses.delete": { method: "DELETE", suffix: "" },
  "responses.cancel": { method: "POST", suffix: "/cancel" },
  "responses.input_items": { method: "GET", suffix: "/input_items" },
} as const satisfies Partial<Record<TunnelOperation, { method: string; suffix: string }>>;

/** A query longer than this is no question about a response. */
const MAX_QUERY_LENGTH = 1_000;

function ask(
  c: HubContext,
  parts: HubParts,
  { code, id }: { code: string; id: string },
  operation: keyof typeof operations,
): Response {
  const room = findRoom(parts, code);
  const origin = parts.responses.find(room, id);
  if (!origin) throw responseNotFound();
  if (origin.kind === "translated") {
    if (operation !== "responses.cancel" || !origin.cancel()) throw notStored();
    return c.json({ id, object: "response", status: "cancelled" });
  }
  const { method, suffix } = operations[operation];
  const { search } = new URL(c.req.url);
  if (search.length > MAX_QUERY_LENGTH) throw responseNotFound();
  const path = `/v1/responses/${id}${suffix}${method === "GET" ? search : ""}`;
  lookUp(c, parts, room, origin.participantId, { operation, method, path, id });
  return RESPONSE_ALREADY_SENT;
}

function lookUp(
  c: HubContext,
  parts: HubParts,
  room: Room,
  participantId: string,
  {
    operation,
    method,
    path,
    id,
  }: { operation: TunnelOperation; method: "GET" | "POST" | "DELETE"; path: string; id: string },
): void {
  const tunnel = room.find(participantId)?.tunnel;
  if (!tunnel) {
    const hint = "Retry when it is back.";
    throw new Refusal(503, "PARTICIPANT_TUNNEL_NOT_CONNECTED", "The participant is not connected.", hint);
  }
  const { clock, limits, unsent } = parts;
  const requestId = c.get("requestId");
  const stream = c.req.query("stream") === "true";
  const answer = new RequesterAnswer(c.env.outgoing, {
    clock,
    requestId,
    wantsStream: stream,
    wantsResponse: true,
    maxUnsentBytes: limits.unsentBytes,
    unsent,
    stalledMs: limits.stalledMs,
    flushMs: limits.flushMs,
    onGone: () => lookup.cancel(),
  });
  answer.servedBy(participantId);
  const onEnded = (status: number) => {
    if (status === 404 || (operation === "responses.delete" && status < 300))
      parts.responses.forget(room, id);
  };
  const lookupAsk = { requestId, operation, method, path, stream };
  const lookup = runLookup({ clock, tunnel, ask: lookupAsk, answer, silenceMs: limits.firstByteMs, onEnded });
}

function responseNotFound(): Refusal {
  return new Refusal(404, "INVALID_REQUEST", "Response not found.", "Ask in the room where it was made.");
}

function neitherRoute(): Refusal {
  const message = "The participant's provider has neither responses nor chat completions.";
  return new Refusal(501, "INVALID_REQUEST", message, "Choose another participant.");
}

function notStored(): Refusal {
  return new Refusal(
    501,
    "INVALID_REQUEST",
    "This response was made from a chat completion, which nobody stores.",
    "Ask a participant whose provider knows Responses.",
  );
}
