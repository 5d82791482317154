import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { paths } from "../protocol/paths";
import type { Access } from "./access";
import type { HubEnv } from "./accessGuard";
import { isLoopback } from "./clientAddress";
import { readCredentials } from "./credentials";
import type { Prometheus } from "./prometheus";
import { Refusal } from "./refusal";

/** `GET /metrics`: for this machine's own collector, and for whoever hosts a room here. */
export function metricsRoute(prometheus: Prometheus, access: Access): Hono<HubEnv> {
  const app = new Hono<HubEnv>();
  app.get(paths.metrics, async (c) => {
    if (!isOwnMachine(c.env) && !access.isHost(readCredentials(c.env.incoming.headers))) {
      const hint = "Ask from the hub's own machine, or send the token of a room's host.";
      throw new Refusal(401, "UNAUTHORIZED", "The metrics are not for everyone.", hint);
    }
    return c.body(await prometheus.text(), 200, { "content-type": prometheus.contentType });
  });
  return app;
}

/** A proxy on this machine passes strangers on from here: what it adds tells. */
function isOwnMachine({ incoming }: HttpBindings): boolean {
  const { headers, socket } = incoming;
  const isPassedOn = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].some((name) => name in headers);
  return !isPassedOn && isLoopback(socket.remoteAddress);
}
