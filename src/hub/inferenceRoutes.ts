import type { ServerResponse } from "node:http";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { chatRequestSchema, parseSelector } from "../protocol/inference";
import { chatAttempt } from "./attempts";
import { applyToChat, mergeConfigs } from "./defaults";
import type { HubParts } from "./hubParts";
import type { ParticipantRecord } from "./participantRecord";
import { invalidBody, Refusal, roomNotFound } from "./refusal";
import { type Attempt, Relay } from "./relay";
import { RequesterAnswer } from "./requesterAnswer";
import type { Room } from "./room";

export type InferenceEnv = { Bindings: HttpBindings; Variables: { requestId: string } };
export type InferenceContext = Context<InferenceEnv>;

/** `/rooms/:code/v1`: what an OpenAI client takes as its base URL. */
export function inferenceRoutes(parts: HubParts): Hono<InferenceEnv> {
  const app = new Hono<InferenceEnv>();
  app.get("/rooms/:code/v1/models", (c) => c.json(listModels(findRoom(parts, c.req.param("code")))));
  app.post("/rooms/:code/v1/chat/completions", async (c) => {
    const room = findRoom(parts, c.req.param("code"));
    const request = await parseBody(c, parts, chatRequestSchema);
    const record = choose(room, request.model);
    const defaults = mergeConfigs(room.facts.defaults, record.config);
    const attempt = chatAttempt({ ...applyToChat(request, defaults), model: record.model });
    relay(c, parts, room, record, attempt);
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}

/** Starts the request on its way; from here on it answers for itself. */
export function relay(
  c: InferenceContext,
  parts: HubParts,
  room: Room,
  record: ParticipantRecord,
  attempt: Attempt,
): Relay | undefined {
  const response: ServerResponse = c.env.outgoing;
  // Its requester left while the body was read: nobody would ever take the answer.
  if (response.destroyed) return undefined;
  const { clock, limits } = parts;
  const requestId = c.get("requestId");
  const started = new Relay({ clock, limits, room, record, requestId }, attempt);
  const answer = new RequesterAnswer(response, {
    clock,
    requestId,
    participantId: record.id,
    wantsStream: attempt.ask.stream,
    maxUnsentBytes: limits.unsentBytes,
    flushMs: limits.flushMs,
    onGone: () => started.cancel(),
  });
  started.run(answer);
  return started;
}

export function findRoom({ registry }: HubParts, code: string): Room {
  const room = registry.find(code);
  if (!room) throw roomNotFound();
  return room;
}

/** The body, checked but as it came: what we do not know passes through. @throws Refusal */
export async function parseBody<T extends z.ZodType>(
  c: InferenceContext,
  parts: HubParts,
  schema: T,
): Promise<z.output<T>> {
  const parsed = schema.safeParse(await parts.bodies.json(c.env.incoming, parts.limits.bodyBytes));
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data;
}

/** @throws Refusal where nobody can serve. */
export function choose(room: Room, model: string): ParticipantRecord {
  const choice = room.choose(room.targetOf(parseSelector(model)));
  switch (choice.kind) {
    case "chosen":
      return choice.participant;
    case "busy":
      throw new Refusal(409, "PARTICIPANT_BUSY", "The participant is busy.", "Retry, or try another one.");
    case "offline":
      throw new Refusal(
        503,
        "PARTICIPANT_TUNNEL_NOT_CONNECTED",
        "The participant is not connected.",
        "Retry when it is back, or try another one.",
      );
    case "unknown":
      throw new Refusal(
        404,
        "MODEL_NOT_FOUND",
        "No participant of this room has that id or shares that model.",
        "GET …/models lists who does.",
      );
    default:
      return choice satisfies never;
  }
}

function listModels(room: Room) {
  const infos = room.participants.map((record) => record.toInfo());
  const data = infos
    .filter(({ status, connection }) => connection.connected && status !== "offline")
    .map(({ id, joinedAt, nickname, model, endpoint, capabilities, connection }) => ({
      id,
      object: "model" as const,
      created: Math.floor(joinedAt / 1_000),
      owned_by: nickname,
      gambi: { nickname, model, endpoint, capabilities, connection },
    }));
  return { object: "list" as const, data };
}
