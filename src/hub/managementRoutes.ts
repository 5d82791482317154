import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { hubFeatures } from "../protocol/hubFeatures";
import { type CreatedRoom, type CreateRoom, createRoomSchema } from "../protocol/room";
import type { HubEnv } from "./accessGuard";
import { addressOf, networkOf } from "./clientAddress";
import { readCredentials } from "./credentials";
import type { HubParts } from "./hubParts";
import { findRoom, type HubContext, parseBody, success } from "./managementAnswer";

/** About what a room has in a list, bytes; with long defaults it has some more. */
const ROOM_BYTES = 512;

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
    refuseWithoutPlace(c, listed.length * ROOM_BYTES);
    return success(
      c,
      listed.map((room) => room.toSummary()),
    );
  });
  app.post("/v1/rooms", async (c) => {
    const body = await parseBody(c, parts, createRoomSchema);
    const address = addressOf(c.env.incoming.socket);
    parts.newRooms.count(networkOf(address));
    return success(c, await createRoom(parts, body, address), 201);
  });
  app.get("/v1/rooms/:code", (c) => success(c, findRoom(parts, c.req.param("code")).toSummary()));
  app.get("/v1/rooms/:code/participants", (c) => {
    const room = findRoom(parts, c.req.param("code"));
    refuseWithoutPlace(c, room.listBytes);
    return success(
      c,
      room.participants.map((record) => record.toInfo()),
    );
  });
  for (const path of ["/v1/rooms/:code/events", "/rooms/:code/events"] as const) {
    app.get(path, (c) => {
      const room = findRoom(parts, c.req.param("code"));
      if (c.env.incoming.method === "HEAD") return c.body(null);
      parts.watch(room, c.env.outgoing, c.req.header("last-event-id"));
      parts.memberStreams.add(room, c.get("entrance").credentials, c.env.outgoing);
      return RESPONSE_ALREADY_SENT;
    });
  }
  return app;
}

/** @throws Refusal (429) where there is no place for an answer of about so many bytes */
function refuseWithoutPlace(c: HubContext, bytes: number): void {
  c.get("answers").refuseWithoutPlace(networkOf(addressOf(c.env.incoming.socket)), bytes);
}

async function createRoom(parts: HubParts, body: CreateRoom, address: string): Promise<CreatedRoom> {
  const access = body.access ?? (parts.isOpen ? "open" : "protected");
  const { room, hostToken, memberToken } = await parts.registry.create({ ...body, access }, address);
  const tokens = access === "protected" ? { hostToken, memberToken } : { hostToken };
  return { room: room.toSummary(), hostId: room.facts.hostId, ...tokens };
}
