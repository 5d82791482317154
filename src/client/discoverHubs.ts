import { isIPv4 } from "node:net";
import type { Service } from "bonjour-service";
import { z } from "zod";
import { type Clock, systemClock, wait } from "../common/clock";
import { HumanError } from "../common/humanError";
import { type MulticastSettings, openMulticastDns } from "../net/multicastDns";
import { boundedArray } from "../protocol/bounded";
import { type HubService, hubServices, hubTxtSchema } from "../protocol/discovery";
import { safeText } from "./safeText";

/** Hubs answer within fractions of a second; a sleepy network needs longer, ms. */
const SEARCH_MS = 2_000;
/** More hubs are no network's, but somebody who makes them up. */
const MAX_HUBS = 50;
const MAX_NAME_LENGTH = 80;

/** A hub as it was announced in the network, by whomever: nothing of it is proven. Its texts are fit to be shown. */
export interface FoundHub {
  readonly service: HubService;
  readonly name: string;
  readonly hubUrl: string;
  readonly version?: string;
  readonly fingerprint?: string;
}

export interface DiscoverOptions extends MulticastSettings {
  /** How long to listen, ms. Default 2 s. */
  searchMs?: number;
  clock?: Clock;
  /** Each hub as soon as it is found, once. */
  onFound?: (hub: FoundHub) => void;
}

/**
 * Looks for hubs of LLM Rooms and of Gambi that are announced in the local network. It ends by itself, and calls none of
 * them. @throws HumanError where this machine cannot listen, or the signal's reason where it aborted.
 */
export async function discoverHubs(options: DiscoverOptions = {}, signal?: AbortSignal): Promise<FoundHub[]> {
  const { searchMs = SEARCH_MS, clock = systemClock, onFound, ...settings } = options;
  signal?.throwIfAborted();
  const found = new Map<string, FoundHub>();
  const done = new AbortController();
  let failure: Error | undefined;
  const dns = await openMulticastDns(settings, (error) => {
    failure = error;
    done.abort();
  });
  const take = (service: HubService, announced: unknown) => {
    const hub = readAnnouncement(service, announced);
    if (!hub || found.has(hub.hubUrl) || done.signal.aborted) return;
    found.set(hub.hubUrl, hub);
    onFound?.(hub);
    if (found.size >= MAX_HUBS) done.abort();
  };
  try {
    for (const service of Object.keys(hubServices) as HubService[]) {
      dns.find({ type: hubServices[service] }, (announced) => take(service, announced));
    }
    await wait(clock, searchMs, signal ? AbortSignal.any([signal, done.signal]) : done.signal);
  } finally {
    done.abort();
    dns.destroy();
  }
  signal?.throwIfAborted();
  if (failure && found.size === 0) throw cannotListen(failure);
  return [...found.values()];
}

const announcementSchema = z.object({
  name: z.string().max(255),
  port: z.number().int().min(1).max(65_535),
  addresses: boundedArray(z.string(), 64),
  referer: z.object({ address: z.string() }).optional().catch(undefined),
  txt: hubTxtSchema.optional().catch(undefined),
} satisfies Partial<Record<keyof Service, z.ZodType>>);

/** Undefined where it names no address that can be called. */
export function readAnnouncement(service: HubService, announced: unknown): FoundHub | undefined {
  const parsed = announcementSchema.safeParse(announced).data;
  if (!parsed) return undefined;
  const { port, referer, txt } = parsed;
  const addresses = parsed.addresses.filter(isCallable);
  // Of several the one that the word came from is in our network.
  const address = addresses.find((each) => each === referer?.address) ?? addresses[0];
  const name = safeText(parsed.name, MAX_NAME_LENGTH);
  if (address === undefined || name === "") return undefined;
  const isTls = service === "llm-rooms" && txt?.tls === "1";
  const version = safeText(txt?.version ?? "", MAX_NAME_LENGTH);
  return {
    service,
    name,
    hubUrl: `${isTls ? "https" : "http"}://${address}:${port}`,
    ...(version !== "" && { version }),
    ...(isTls && txt.fingerprint !== undefined && { fingerprint: txt.fingerprint }),
  };
}

/** Another machine's, one at a time: an announcement must not lead to what listens on this machine alone. */
function isCallable(address: string): boolean {
  return isIPv4(address) && !/^(0|127|22[4-9]|23\d|24\d|25[0-5])\./.test(address);
}

function cannotListen(cause: Error): HumanError {
  const { code = "no reason told" } = cause as NodeJS.ErrnoException;
  return new HumanError(
    "HUB_UNREACHABLE",
    `This machine cannot look for hubs in the network (${code}).`,
    "Enter the hub's address, or use an invite link.",
    { cause },
  );
}
