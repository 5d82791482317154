import type { Clock } from "../common/clock";

export interface HubOptions {
  /** Address to listen on; 127.0.0.1 unless told otherwise. */
  host?: string;
  /** 0 picks a free one. */
  port?: number;
  clock?: Clock;
  version?: string;
}

export interface Hub {
  /** Origin that clients on this machine use, e.g. `http://127.0.0.1:5567`. */
  readonly url: string;
  readonly port: number;
  /** Ends every stream, tunnel and timer; a second call returns the same promise. */
  close(): Promise<void>;
}

/** Starts a hub; resolves when it listens. @throws HumanError where the port is taken. */
export async function createHub(options: HubOptions = {}): Promise<Hub> {
  throw new Error(`not built yet: ${JSON.stringify(options)}`);
}
