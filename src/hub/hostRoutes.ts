import { Hono } from "hono";
import { tokenRequestSchema, updateRoomSchema } from "../protocol/room";
import type { Entrance } from "./access";
import type { HubEnv } from "./accessGuard";
import type { HubParts } from "./hubParts";
import { parseBody, success } from "./managementAnswer";
import { tokenOfPassword } from "./password";
import { hashToken, makeToken } from "./token";

/** A room's tokens, and what only its host may do with it. */
export function hostRoutes(parts: HubParts): Hono<HubEnv> {
  const app = new Hono<HubEnv>();
  const { access, registry, responses, memberStreams } = parts;
  app.patch("/v1/rooms/:code", async (c) => {
    const room = access.roomOfHost(c.get("entrance"));
    const { name, defaults } = await parseBody(c, parts, updateRoomSchema);
    await registry.update(room, (facts) => ({
      ...facts,
      ...(name !== undefined && { name }),
      ...(defaults !== undefined && { defaults }),
    }));
    return success(c, room.toSummary());
  });
  app.delete("/v1/rooms/:code", async (c) => {
    const room = access.roomOfHost(c.get("entrance"));
    await registry.remove(room);
    responses.forgetRoom(room);
    return success(c, { success: true });
  });
  app.post("/v1/rooms/:code/member-token", async (c) => {
    const room = access.roomOfHost(c.get("entrance"));
    const memberToken = makeToken();
    const memberTokenHash = hashToken(memberToken);
    await registry.update(room, ({ passwordTokenHash, ...facts }) => ({ ...facts, memberTokenHash }));
    memberStreams.cut(room);
    return success(c, { memberToken });
  });
  app.post("/v1/rooms/:code/token", async (c) => {
    access.refuseUnknown(c.get("entrance"));
    const { password } = await parseBody(c, parts, tokenRequestSchema);
    return success(c, { memberToken: await exchange(parts, c.get("entrance"), password) });
  });
  return app;
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
