import { TLSSocket } from "node:tls";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { hubFeatures } from "../protocol/hubFeatures";
import { parseSelector } from "../protocol/inference";
import { credentialFields, heartbeatBodySchema, registrationSchema } from "../protocol/participant";
import { paths } from "../protocol/paths";
import { type CreatedRoom, type CreateRoom, createRoomSchema, tokenRequestSchema } from "../protocol/room";
import type { Entrance } from "./access";
import type { HubEnv } from "./accessGuard";
import { readCredentials } from "./credentials";
import type { HubParts } from "./hubParts";
import type { Card, ParticipantRecord } from "./participantRecord";
import { tokenOfPassword } from "./password";
import { invalidBody, participantNotFound, Refusal, roomNotFound } from "./refusal";
import type { Room } from "./room";
import { hashToken } from "./token";

type HubContext = Context<HubEnv>;

/** `/v1`: rooms, participants, heartbeats, events. Answers `{data, meta}`. */
export function managementRoutes(parts: HubParts): Hono<HubEnv> {
  const app = new Hono<HubEnv>();
  const { clock, registry, version } = parts;

  app.get("/v1/health", (c) => {
    const hub = { name: "llm-rooms", version, features: [...hubFeatures] };
    return success(c, { status: "ok", timestamp: clock.now(), hub });
  });
  app.get("/v1/rooms", (c) => {
    const credentials = readCredentials(c.env.incoming.headers);
    const listed = registry.rooms.filter((room) => parts.access.lists(room, credentials));
    return success(
      c,
      listed.map((room) => room.toSummary()),
    );
  });
  app.post("/v1/rooms", async (c) => {
    const body = await parseBody(c, parts, createRoomSchema);
    return success(c, await createRoom(parts, body), 201);
  });
  app.post("/v1/rooms/:code/token", async (c) => {
    parts.access.refuseUnknown(c.get("entrance"));
    const { password } = await parseBody(c, parts, tokenRequestSchema);
    return success(c, { memberToken: await exchange(parts, c.get("entrance"), password) });
  });
  app.get("/v1/rooms/:code", (c) => success(c, findRoom(parts, c.req.param("code")).toSummary()));
  app.get("/v1/rooms/:code/participants", (c) => {
    const room = findRoom(parts, c.req.param("code"));
    return success(
      c,
      room.participants.map((record) => record.toInfo()),
    );
  });
  app.put("/v1/rooms/:code/participants/:id", (c) => register(c, parts, c.req.param("id")));
  app.delete("/v1/rooms/:code/participants/:id", (c) => {
    const { room, record } = findParticipant(parts, c.req.param("code"), c.req.param("id"));
    parts.access.refuseStranger(c.get("entrance"), record.id);
    room.remove(record);
    registry.saveSoon(room);
    return success(c, { success: true });
  });
  app.post("/v1/rooms/:code/participants/:id/heartbeat", async (c) => {
    const json = await parts.bodies.optionalJson(c.env.incoming, parts.limits.managementBodyBytes);
    const body = parse(heartbeatBodySchema, json ?? {});
    const { room, record } = findParticipant(parts, c.req.param("code"), c.req.param("id"));
    parts.access.refuseStranger(c.get("entrance"), record.id);
    room.heartbeat(record, body);
    return success(c, { success: true, status: record.status, lastSeen: record.lastSeen });
  });
  app.get("/v1/rooms/:code/participants/:id/tunnel", (c) => {
    parts.door.check(c.req.param("code"), c.req.param("id"), c.req.query("token") ?? null);
    throw new Refusal(426, "INVALID_REQUEST", "A tunnel is a WebSocket.", "Ask for an upgrade.", {
      headers: { upgrade: "websocket" },
    });
  });
  for (const path of ["/v1/rooms/:code/events", "/rooms/:code/events"] as const) {
    app.get(path, (c) => {
      const room = findRoom(parts, c.req.param("code"));
      if (c.env.incoming.method === "HEAD") return c.body(null);
      parts.watch(room, c.env.outgoing, c.req.header("last-event-id"));
      return RESPONSE_ALREADY_SENT;
    });
  }
  return app;
}

async function createRoom(parts: HubParts, body: CreateRoom): Promise<CreatedRoom> {
  const access = body.access ?? (parts.isOpen ? "open" : "protected");
  const { room, hostToken, memberToken } = await parts.registry.create({ ...body, access });
  const tokens = access === "protected" ? { hostToken, memberToken } : { hostToken };
  return { room: room.toSummary(), hostId: room.facts.hostId, ...tokens };
}

/** The token that a room's password stands for; the first time it is stored that it is valid. */
async function exchange(parts: HubParts, entrance: Entrance, password: string): Promise<string> {
  const { room, proof } = await parts.access.exchange(entrance, password);
  const { memberTokenHash = "" } = room.facts;
  const token = tokenOfPassword(proof, memberTokenHash);
  const passwordTokenHash = hashToken(token);
  if (room.facts.passwordTokenHash === passwordTokenHash) return token;
  await parts.registry.update(room, (facts) =>
    // The host may have voided the members' tokens meanwhile, this one with them.
    facts.memberTokenHash === memberTokenHash ? { ...facts, passwordTokenHash } : facts,
  );
  return token;
}

async function register(c: HubContext, parts: HubParts, id: string): Promise<Response> {
  const entrance = c.get("entrance");
  parts.access.refuseUnknown(entrance);
  if (!isParticipantId(id)) {
    throw new Refusal(
      400,
      "INVALID_REQUEST",
      "The participant's id is too long, not printable, or means any participant.",
      "Choose another.",
    );
  }
  const json = await parts.bodies.json(c.env.incoming, parts.limits.managementBodyBytes);
  refuseCredentials(json);
  const { password, ...card } = parse(registrationSchema, json);
  refuseCredentialsIn(card);
  const room = await parts.access.admitRegistration(entrance, id, password);
  const { record, created } = room.register(id, card);
  const participantToken = parts.registry.claim(room, id, entrance.address);
  const tunnel = { url: tunnelUrl(c, room, record), token: parts.door.issueToken(record) };
  const data = {
    participant: record.toInfo(),
    roomId: room.facts.id,
    tunnel,
    ...(participantToken !== undefined && { participantToken }),
  };
  return success(c, data, created ? 201 : 200);
}

/** As the asker reaches the hub: a teammate on the network gets an address that leads there. */
function tunnelUrl(c: HubContext, room: Room, record: ParticipantRecord): string {
  const scheme = c.env.incoming.socket instanceof TLSSocket ? "wss" : "ws";
  return `${scheme}://${c.req.header("host")}${paths.tunnel(room.facts.code, record.id)}`;
}

async function parseBody<T extends z.ZodType>(
  c: HubContext,
  parts: HubParts,
  schema: T,
): Promise<z.output<T>> {
  return parse(schema, await parts.bodies.json(c.env.incoming, parts.limits.managementBodyBytes));
}

function parse<T extends z.ZodType>(schema: T, json: unknown): z.output<T> {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data;
}

function success(c: HubContext, data: unknown, status: 200 | 201 = 200): Response {
  return c.json({ data, meta: { requestId: c.get("requestId") } }, status);
}

function findRoom({ registry }: HubParts, code: string): Room {
  const room = registry.find(code);
  if (!room) throw roomNotFound();
  return room;
}

function findParticipant(
  parts: HubParts,
  code: string,
  id: string,
): { room: Room; record: ParticipantRecord } {
  const room = findRoom(parts, code);
  const record = room.find(id);
  if (!record) throw participantNotFound();
  return { room, record };
}

/** An id travels in URLs and headers, and people read it. */
function isParticipantId(id: string): boolean {
  const isPlain = /^[^\p{C}\p{Z}][^\p{C}]{0,199}$/u.test(id);
  // `any` or `model:x` would be listed as an id, and whoever chose it would get somebody else's answer.
  return isPlain && parseSelector(id).kind === "participantOrModel";
}

/** A provider's key must stay on its machine: the mistake is named rather than the field silently dropped. */
function refuseCredentials(json: unknown): void {
  const forbidden = credentialFields.filter(
    (field) => typeof json === "object" && json !== null && field in json,
  );
  if (forbidden.length > 0) throw credentialsRefused(forbidden);
}

function refuseCredentialsIn({ endpoint }: Card): void {
  const { username, password } = new URL(endpoint);
  if (username || password) throw credentialsRefused(["endpoint"]);
}

function credentialsRefused(forbidden: readonly string[]): Refusal {
  return new Refusal(
    400,
    "INVALID_REQUEST",
    `A hub takes no credentials of a provider: ${forbidden.join(", ")}.`,
    "Keep them on the participant's machine.",
    { details: { forbidden } },
  );
}
