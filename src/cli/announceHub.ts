import { hostname } from "node:os";
import type { Bonjour } from "bonjour-service";
import type { Hub } from "../hub/createHub";
import { type MulticastSettings, openMulticastDns } from "../net/multicastDns";
import { type HubTxt, hubServices } from "../protocol/discovery";

/** A label of DNS is at most 63 bytes long. */
const MAX_LABEL_BYTES = 63;
/** The goodbye is one packet; the network need not have taken it, ms. */
const GOODBYE_MS = 500;

export interface Announcement {
  /** Takes it back; idempotent. */
  close(): Promise<void>;
}

/** Announces a hub as `_llm-rooms._tcp` in the local network. It never rejects: a hub works without. */
export async function announceHub(
  { port, fingerprint }: Pick<Hub, "port" | "fingerprint">,
  version: string,
  settings: MulticastSettings,
  log: (line: string) => void,
): Promise<Announcement> {
  const dns = await openMulticastDns(settings, (error) => {
    log(`The hub is not announced in the network: ${error.message}.`);
    end();
  });
  const machine = hostname().split(".")[0] ?? "";
  const txt: HubTxt = {
    version,
    tls: fingerprint === undefined ? "0" : "1",
    ...(fingerprint && { fingerprint }),
  };
  const service = dns.publish({
    name: label(machine, ` ${port}`),
    type: hubServices["llm-rooms"],
    port,
    host: `${machine}.local`,
    txt,
    // The port makes the name this hub's own on its machine.
    probe: false,
  });
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    // Else the library would go on to announce it, on a socket that is closed.
    service.destroyed = true;
    dns.destroy();
  };
  const sayGoodbye = async () => {
    if (!ended) await unpublish(dns);
    end();
  };
  let closing: Promise<void> | undefined;
  return {
    close: () => {
      closing ??= sayGoodbye();
      return closing;
    },
  };
}

function unpublish(dns: Bonjour): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GOODBYE_MS);
    dns.unpublishAll(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function label(machine: string, end: string): string {
  const start = Buffer.from(`LLM Rooms on ${machine}`).subarray(0, MAX_LABEL_BYTES - end.length);
  // A character that was cut in its middle becomes one that is longer.
  return `${start.toString().replace(/\ufffd+$/, "")}${end}`;
}
