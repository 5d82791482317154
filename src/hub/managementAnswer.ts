import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import type { z } from "zod";
import type { HubEnv } from "./accessGuard";
import type { HubParts } from "./hubParts";
import type { ParticipantRecord } from "./participantRecord";
import { invalidBody, participantNotFound, roomNotFound } from "./refusal";
import type { Room } from "./room";

export type HubContext = Context<HubEnv>;

export async function parseBody<T extends z.ZodType>(
  c: HubContext,
  parts: HubParts,
  schema: T,
): Promise<z.output<T>> {
  return parse(schema, await parts.bodies.json(c.env.incoming, parts.limits.managementBodyBytes));
}

export function parse<T extends z.ZodType>(schema: T, json: unknown): z.output<T> {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data;
}

/** @throws Refusal (429) where the requester does not read what it has asked for */
export function success(c: HubContext, data: unknown, status: 200 | 201 = 200): Response {
  const { incoming, outgoing } = c.env;
  c.get("answers").send(incoming, outgoing, status, { data, meta: { requestId: c.get("requestId") } });
  return RESPONSE_ALREADY_SENT;
}

export function findRoom({ registry }: HubParts, code: string): Room {
  const room = registry.find(code);
  if (!room) throw roomNotFound();
  return room;
}

export function findParticipant(
  parts: HubParts,
  code: string,
  id: string,
): { room: Room; record: ParticipantRecord } {
  const room = findRoom(parts, code);
  const record = room.find(id);
  if (!record) throw participantNotFound();
  return { room, record };
}
