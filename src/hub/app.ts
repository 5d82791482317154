import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import { requestIdHeader } from "../protocol/inference";
import { countOthers, guardRooms, type HubEnv } from "./accessGuard";
import { hostRoutes } from "./hostRoutes";
import type { HubParts } from "./hubParts";
import { inferenceRoutes } from "./inferenceRoutes";
import { logBug } from "./logBug";
import type { Logger } from "./logger";
import { managementRoutes } from "./managementRoutes";
import { metricsRoute } from "./metricsRoute";
import { participantRoutes } from "./participantRoutes";
import { internalError, Refusal } from "./refusal";
import { responsesRoutes } from "./responsesRoutes";

/** All routes of a hub, and what is answered where there is none. */
export function createApp(parts: HubParts): Hono<HubEnv> {
  const app = new Hono<HubEnv>();
  const { logger, prometheus } = parts;
  app.use(async (c, next) => {
    c.set("requestId", randomUUID());
    c.set("answers", parts.answers);
    await next();
  });
  countOthers(app, parts.requests);
  if (logger.isDebugging) logRequests(app, logger);
  guardRooms(app, parts.access);
  app.route("/", managementRoutes(parts));
  app.route("/", participantRoutes(parts));
  app.route("/", hostRoutes(parts));
  app.route("/", inferenceRoutes(parts));
  app.route("/", responsesRoutes(parts));
  app.route("/", metricsRoute(prometheus, parts.access));
  refuseOtherMethods(app);
  app.notFound((c) => {
    const hint = "Check the path and the method.";
    return answerRefusal(c, new Refusal(404, "INVALID_REQUEST", "Route not found.", hint));
  });
  app.onError((error, c) => {
    if (error instanceof Refusal) {
      prometheus.countRefusal(error.code);
      return answerRefusal(c, error);
    }
    const { method, routePath: route } = c.req;
    logBug(logger, { method, route }, error);
    return answerRefusal(c, internalError());
  });
  return app;
}

/** The route's pattern, not the path: codes and ids are nobody's business, and a query may hold a token. */
function logRequests(app: Hono<HubEnv>, logger: Logger): void {
  app.use(async (c, next) => {
    const startedAt = performance.now();
    c.env.outgoing.once("close", () => {
      const { method, routePath: route } = c.req;
      const ms = Math.round(performance.now() - startedAt);
      const status = c.env.outgoing.statusCode;
      logger.debug("request", { method, route, status, ms, requestId: c.get("requestId") });
    });
    await next();
  });
}

/** A known path asked with another method is told apart from an unknown path. */
function refuseOtherMethods(app: Hono<HubEnv>): void {
  const methodsOf = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method !== "ALL") methodsOf.set(path, (methodsOf.get(path) ?? new Set()).add(method));
  }
  for (const [path, methods] of methodsOf) {
    const allow = [...methods].join(", ");
    app.all(path, () => {
      const hint = `Use ${allow}.`;
      throw new Refusal(405, "INVALID_REQUEST", "That method is not known here.", hint, {
        headers: { allow },
      });
    });
  }
}

function answerRefusal(c: Context<HubEnv>, refusal: Refusal): Response {
  const requestId = c.get("requestId");
  const headers = { ...refusal.headers, [requestIdHeader]: requestId };
  return c.json(refusal.toBody(c.req.path, requestId), refusal.status, headers);
}
