import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import type { z } from "zod";
import { chatRequestSchema, completionRequestSchema, embeddingsRequestSchema } from "../protocol/inference";
import type { HubEnv } from "./accessGuard";
import { chatAttempt, completionAttempt, embeddingsAttempt } from "./attempts";
import { chatFields, completionFields, instructionsFor, mergeConfigs } from "./defaults";
import type { HubParts } from "./hubParts";
import { KeptRequest } from "./keptRequest";
import { LONG_BYTES } from "./longBuffers";
import { findRoom, type HubContext } from "./managementAnswer";
import { invalidBody } from "./refusal";
import type { Room } from "./room";
import { startRequest } from "./startRequest";

/** `/rooms/:code/v1`: what an OpenAI client takes as its base URL. */
export function inferenceRoutes(parts: HubParts): Hono<HubEnv> {
  const app = new Hono<HubEnv>();
  app.get("/rooms/:code/v1/models", (c) => {
    const room = findRoom(parts, c.req.param("code"));
    c.get("answers").send(c.env.incoming, c.env.outgoing, 200, listModels(room));
    return RESPONSE_ALREADY_SENT;
  });
  app.post("/rooms/:code/v1/chat/completions", async (c) => {
    const room = findRoom(parts, c.req.param("code"));
    const request = await parseBody(c, parts, chatRequestSchema);
    startRequest(c, parts, room, request, {
      suits: ({ capabilities }) => capabilities.chatCompletions !== "unsupported",
      attemptFor: ({ model, config }) => {
        const defaults = mergeConfigs(room.facts.defaults, config);
        const fields = { ...chatFields(request.outline, defaults), model };
        const instructions = instructionsFor(request.outline, defaults);
        if (instructions === undefined) return chatAttempt(request.with(fields));
        return chatAttempt(request.with(fields, { messages: { role: "system", content: instructions } }));
      },
    });
    return RESPONSE_ALREADY_SENT;
  });
  app.post("/rooms/:code/v1/completions", async (c) => {
    const room = findRoom(parts, c.req.param("code"));
    const request = await parseBody(c, parts, completionRequestSchema);
    startRequest(c, parts, room, request, {
      suits: () => true,
      attemptFor: ({ model, config }) => {
        const defaults = mergeConfigs(room.facts.defaults, config);
        return completionAttempt(request.with({ ...completionFields(request.outline, defaults), model }));
      },
    });
    return RESPONSE_ALREADY_SENT;
  });
  app.post("/rooms/:code/v1/embeddings", async (c) => {
    const room = findRoom(parts, c.req.param("code"));
    const request = await parseBody(c, parts, embeddingsRequestSchema);
    const { model: selector, user } = request.outline;
    const { byteLength, memory } = request;
    startRequest(
      c,
      parts,
      room,
      { outline: { model: selector, user }, byteLength, memory },
      {
        suits: () => true,
        attemptFor: ({ model }) => embeddingsAttempt(request.with({ model })),
      },
    );
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}

/** The body, checked but as it came: what we do not know passes through. @throws Refusal */
export async function parseBody<T extends z.ZodType<Record<string, unknown>>>(
  c: HubContext,
  parts: HubParts,
  schema: T,
): Promise<KeptRequest<T>> {
  const { json, outline } = await parts.bodies.longJson(c.env.incoming, parts.limits.bodyBytes);
  parts.access.refuseVoided(c.get("entrance"));
  const parsed = schema.safeParse(outline);
  if (!parsed.success) throw invalidBody(parsed.error);
  const memory = parts.bodies.keep(c.env.incoming, json.byteLength);
  c.env.outgoing.once("close", () => memory.dispose());
  const request = new KeptRequest(json, schema, parsed.data, memory);
  if (json.byteLength >= LONG_BYTES) {
    // Not held on to: a prompt is let go of long before its answer ends, where nobody else can take over.
    const held = new WeakRef(request);
    c.env.outgoing.once("close", () => held.deref()?.giveBack(parts.bodies));
  }
  return request;
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
