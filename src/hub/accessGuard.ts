import type { HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import type { Access, Entrance } from "./access";
import { addressOf, networkOf } from "./clientAddress";
import { readCredentials } from "./credentials";
import type { JsonAnswers } from "./jsonAnswers";
import type { RequestRate } from "./requestRate";

export type HubEnv = {
  Bindings: HttpBindings;
  Variables: { requestId: string; entrance: Entrance; answers: JsonAnswers };
};

/** Everything under a room, of either plane. */
const underRooms = ["/v1/rooms/:code/*", "/rooms/:code/*"] as const;

/** Stands before every route under a room, those that are yet to be written included. */
export function guardRooms(app: Hono<HubEnv>, access: Access): void {
  for (const path of underRooms) {
    app.use(path, async (c, next) => {
      const { incoming } = c.env;
      const entrance = access.enter({
        code: c.req.param("code"),
        method: c.req.method,
        path: c.req.path,
        credentials: readCredentials(incoming.headers),
        address: addressOf(incoming.socket),
      });
      c.set("entrance", entrance);
      await next();
    });
  }
}

/** What is not under a room is counted by address alone. */
export function countOthers(app: Hono<HubEnv>, requests: RequestRate): void {
  app.use(async (c, next) => {
    const isUnderRoom = /^(\/v1)?\/rooms\/[^/]/.test(c.req.path);
    if (!isUnderRoom) requests.count(networkOf(addressOf(c.env.incoming.socket)));
    await next();
  });
}
