import { connect } from "node:net";
import { type Clock, setRepeating } from "../common/clock";
import type { Disposable } from "../common/disposable";
import type { HumanError } from "../common/humanError";
import { HEALTH_CHECK_INTERVAL } from "../protocol/constants";
import { HttpFailure, toHttpFailure } from "./httpCall";
import { unreachableProvider } from "./provider";

/** Less than the time between two looks, ms. */
const CONNECT_TIMEOUT_MS = 5_000;
/** One may fall into the moment in which a provider restarts. */
const MISSES_UNTIL_GONE = 2;

/**
 * Whether anything listens at a provider's address: a connection and nothing on it, which no provider logs.
 * @throws HumanError PROVIDER_UNREACHABLE
 */
export async function reachProvider(endpoint: string): Promise<void> {
  const { protocol, hostname, port } = new URL(endpoint);
  const where = {
    // An IPv6 address stands in brackets in a URL, and nowhere else.
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (protocol === "https:" ? 443 : 80),
  };
  const socket = connect({ ...where, timeout: CONNECT_TIMEOUT_MS });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
      socket.once("timeout", () => reject(new HttpFailure("timedOut")));
    });
  } catch (error) {
    throw unreachableProvider(endpoint, toHttpFailure(error));
  } finally {
    socket.destroy();
  }
}

/** Looks every 10 s whether the provider is there; calls back where it was not, twice in a row, while `isIdle`. */
export function watchProvider(
  endpoint: string,
  clock: Clock,
  { isIdle, onGone }: { isIdle: () => boolean; onGone: (error: HumanError) => void },
): Disposable {
  let misses = 0;
  const look = async () => {
    // What it answers at this moment it is there for.
    if (!isIdle()) misses = 0;
    else await reachProvider(endpoint).then(onReached, onMissed);
  };
  const onReached = () => {
    misses = 0;
  };
  const onMissed = (error: HumanError) => {
    misses++;
    if (misses >= MISSES_UNTIL_GONE && isIdle()) onGone(error);
  };
  return setRepeating(clock, () => void look(), HEALTH_CHECK_INTERVAL);
}
