import { type Clock, systemClock } from "../common/clock";
import type { Event } from "../common/event";
import type { TlsIdentity } from "./certificate";
import { HubServer } from "./hubServer";
import type { HubLimits } from "./limits";
import type { Logger } from "./logger";
import type { RoomStore } from "./roomStore";

export interface HubOptions {
  /** Address to listen on; 127.0.0.1 unless told otherwise. */
  host?: string;
  /** 0 picks a free one, as does leaving it out. */
  port?: number;
  clock?: Clock;
  version?: string;
  /** Names besides its own under which the hub may be reached, e.g. behind a proxy. */
  allowedHosts?: readonly string[];
  /** `onDidIdle` fires after this long without a tunnel, watcher or request; never where it is absent. */
  idleTimeoutMs?: number;
  limits?: Partial<HubLimits>;
  /** Speak HTTPS, and wss on tunnels, with this certificate; HTTP and ws without. */
  tls?: TlsIdentity;
  /** A room is open where its maker does not say, for tools that know no tokens; else it is protected. */
  open?: boolean;
  /** Keeps the rooms for the next hub; this one closes it. Without it they end with the hub. */
  store?: RoomStore;
  /** For whoever runs the hub; never a prompt or a secret. Silent where it is left out. */
  logger?: Logger;
}

export interface Hub {
  /** Origin that clients on this machine use, e.g. `http://127.0.0.1:5567`. */
  readonly url: string;
  readonly port: number;
  /** SHA-256 of its certificate; undefined where it speaks HTTP. */
  readonly fingerprint: string | undefined;
  /** Of the inference plane: not yet answered to their end, those that wait included. */
  readonly requestsUnderWay: number;
  /** Fires once, when nobody has used the hub for `idleTimeoutMs`. */
  readonly onDidIdle: Event<void>;
  /**
   * Begins nothing new, lets answers run out for `drainMs` (default: at once), then ends every stream, tunnel and timer. A
   * second call returns the same promise.
   */
  close(options?: { drainMs?: number }): Promise<void>;
}

/** Starts a hub; resolves when it listens. @throws HumanError where the port is taken, or the certificate no good. */
export async function createHub(options: HubOptions = {}): Promise<Hub> {
  const server = await construct(options);
  await server.listen();
  return server;
}

async function construct(options: HubOptions): Promise<HubServer> {
  try {
    return new HubServer({ ...options, clock: options.clock ?? systemClock });
  } catch (error) {
    // Else its folder would stay locked by a hub that is none.
    await options.store?.close();
    throw error;
  }
}
