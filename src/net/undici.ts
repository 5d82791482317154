// Only undici's HTTP/1 client: the front of its package also loads fetch, WebSocket and caches, which nothing here uses and
// which need a newer Node than some that we run on.
import type { buildConnector as connectors, Dispatcher } from "undici";
import requestOn from "undici/lib/api/api-request.js";
import connectorOf from "undici/lib/core/connect.js";
import AgentOf from "undici/lib/dispatcher/agent.js";

/** Connections to any origin, HTTP/1 only: what our hub and local providers speak. */
export class Agent extends AgentOf {
  constructor(options: AgentOf.Options) {
    super({ ...options, allowH2: false });
  }
}

/** How connections are made, for an Agent's `connect`. */
export function buildConnector(options: connectors.BuildOptions): connectors.connector {
  return connectorOf({ ...options, allowH2: false });
}

export interface RequestOptions extends Omit<Dispatcher.RequestOptions, "origin" | "path"> {
  readonly dispatcher: Dispatcher;
}

/** Resolves with the answer's head. @throws TypeError where the URL is none, undici's errors, the signal's reason */
export function request(
  url: string,
  { dispatcher, ...options }: RequestOptions,
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(url);
  return requestOn.call(dispatcher, { ...options, origin, path: pathname + search });
}
