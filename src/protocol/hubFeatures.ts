import { TUNNEL_SUBPROTOCOL } from "./constants";

/** Additions to the base contract that a hub lists in `health.hub.features`; a peer uses one only where it is listed. */
export const hubFeatures = [
  "events.snapshot",
  "events.updated",
  "heartbeat.status",
  "capacity",
  "errors.openai",
  `tunnel.${TUNNEL_SUBPROTOCOL}`,
  "tunnel.credit",
  "access",
  "queue",
  "events.resume",
  "completions",
  "embeddings",
] as const;
export type HubFeature = (typeof hubFeatures)[number];

/** Whether a hub that lists `told` has all of `wanted`; a hub of the base contract lists nothing. */
export function hubHas(told: readonly string[] | undefined, ...wanted: readonly HubFeature[]): boolean {
  return wanted.every((feature) => told?.includes(feature));
}
