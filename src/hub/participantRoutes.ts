import { TLSSocket } from "node:tls";
import { Hono } from "hono";
import { isRecord } from "../common/isRecord";
import { parseSelector } from "../protocol/inference";
import { credentialFields, heartbeatBodySchema, registrationSchema } from "../protocol/participant";
import { paths } from "../protocol/paths";
import type { HubEnv } from "./accessGuard";
import { networkOf } from "./clientAddress";
import type { HubParts } from "./hubParts";
import { findParticipant, type HubContext, parse, success } from "./managementAnswer";
import type { Card, ParticipantRecord } from "./participantRecord";
import { Refusal } from "./refusal";
import type { Room } from "./room";

/** `/v1/rooms/:code/participants/:id`: what participants ask for themselves, and the host for any of them. */
export function participantRoutes(parts: HubParts): Hono<HubEnv> {
  const app = new Hono<HubEnv>();
  const path = "/v1/rooms/:code/participants/:id";
  app.put(path, (c) => register(c, parts, c.req.param("id")));
  app.delete(path, (c) => remove(c, parts, c.req.param()));
  app.post(`${path}/heartbeat`, async (c) => {
    const json = await parts.bodies.optionalJson(c.env.incoming, parts.limits.managementBodyBytes);
    const body = heartbeatBodySchema.parse(json);
    const { room, record } = findParticipant(parts, c.req.param("code"), c.req.param("id"));
    parts.access.refuseStranger(c.get("entrance"), record.id);
    room.heartbeat(record, body);
    return success(c, { success: true, status: record.status, lastSeen: record.lastSeen });
  });
  app.get(`${path}/tunnel`, (c) => {
    const { address } = c.get("entrance");
    parts.door.check({ ...c.req.param(), token: c.req.query("token") ?? null, address });
    throw new Refusal(426, "INVALID_REQUEST", "A tunnel is a WebSocket.", "Ask for an upgrade.", {
      headers: { upgrade: "websocket" },
    });
  });
  return app;
}

/** Whoever removes an id gives it up: it may be registered anew. */
function remove(c: HubContext, parts: HubParts, { code, id }: { code: string; id: string }): Response {
  const entrance = c.get("entrance");
  // The host frees the id of one that is not listed any more, whose owner lost the token.
  const frees = entrance.role === "host" && entrance.room?.find(id) === undefined;
  const isFreed = frees && entrance.room?.owners.release(id);
  if (!isFreed) {
    const { room, record } = findParticipant(parts, code, id);
    parts.access.refuseStranger(entrance, record.id);
    room.remove(record);
  }
  if (entrance.room) parts.registry.saveSoon(entrance.room);
  return success(c, { success: true });
}

async function register(c: HubContext, parts: HubParts, id: string): Promise<Response> {
  const entrance = c.get("entrance");
  parts.access.refuseUnknown(entrance);
  if (!isParticipantId(id)) {
    throw new Refusal(
      400,
      "INVALID_REQUEST",
      "The participant's id is too long, has spaces or characters that nobody sees, or means any participant.",
      "Choose another.",
    );
  }
  const json = await parts.bodies.json(c.env.incoming, parts.limits.managementBodyBytes);
  refuseCredentials(json);
  const { password, ...card } = parse(registrationSchema, json);
  refuseCredentialsIn(card);
  const room = await parts.access.admitRegistration(entrance, id, password);
  const { record, created } = room.register(id, card, networkOf(entrance.address));
  const participantToken = parts.access.claim(entrance, room, id);
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

const MAX_ID_BYTES = 200;

/** An id travels in URLs and headers, and people read it: two of them must not look the same. */
function isParticipantId(id: string): boolean {
  // Words with one space between them: any other would be overlooked.
  const isPlain = /^[^\p{C}\p{Z}]+( [^\p{C}\p{Z}]+)*$/u.test(id) && Buffer.byteLength(id) <= MAX_ID_BYTES;
  // `any` or `model:x` would be listed as an id, and whoever chose it would get somebody else's answer.
  return isPlain && parseSelector(id).kind === "participantOrModel";
}

/** A provider's key must stay on its machine: the mistake is named rather than the field silently dropped. */
function refuseCredentials(json: unknown): void {
  const forbidden = isRecord(json) ? credentialFields.filter((field) => field in json) : [];
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
