import { version } from "../../package.json";
import type { Hub } from "../hub/createHub";
import { DEFAULT_HUB_PORT } from "../protocol/constants";
import { isLoopback } from "./listenAddresses";

export interface WelcomeFacts {
  /** How this program is called. */
  self: string;
  hub: Pick<Hub, "url" | "port" | "fingerprint">;
  host: string;
  /** Under which other machines reach it. */
  addresses: readonly string[];
  /** Further names under which it is reached, a reverse proxy's for one. */
  allowedHosts: readonly string[];
  /** Rooms without tokens, where their maker does not say. */
  open: boolean;
  /** Where rooms are kept. */
  data: string | undefined;
  /** What the store had to set aside. */
  warning: string | undefined;
}

/** What a hub says when it listens: to whom it is open, what is kept, and what to do next. */
export function hubWelcome(facts: WelcomeFacts): string {
  const { self, hub, host, addresses, open, data, warning } = facts;
  const isTls = hub.fingerprint !== undefined;
  const isLan = !isLoopback(host);
  const isDefault = hub.port === DEFAULT_HUB_PORT && !isTls;
  const hubFlag = isDefault ? "" : ` --hub ${hub.url}`;
  return [
    `LLM Rooms hub ${version} listens at ${hub.url}`,
    ...(isTls ? [`Fingerprint of its certificate (SHA-256): ${hub.fingerprint}`] : []),
    ...(warning === undefined ? [] : ["", `Warning: ${warning}`]),
    ...(isLan ? ["", ...addressLines(addresses)] : []),
    "",
    ...accessLines(open, isLan),
    ...(isLan ? networkLines(isTls) : [loopbackLine(facts.allowedHosts)]),
    data === undefined ? "Rooms end with the hub; --data DIR keeps them." : `Rooms are kept in ${data}.`,
    "",
    "What to do next:",
    `  make a room           ${self} create${hubFlag} --name Team`,
    `  share a model in it   ${self} share${hubFlag} --room CODE`,
    '  use it in VS Code     command "LLM Rooms: Join Room"',
    "",
    "Ctrl+C stops the hub.",
  ].join("\n");
}

/** It lets in whoever comes, also where no network is there yet. */
function addressLines(addresses: readonly string[]): string[] {
  if (addresses.length === 0)
    return ["Other machines may reach it, but this one has no address (IPv4) in a network now."];
  return ["Teammates reach it at:", ...addresses.map((address) => `  ${address}`)];
}

function accessLines(open: boolean, isLan: boolean): string[] {
  if (!open) return ["Rooms are protected: only whoever has a room's invite link, or its password, gets in."];
  const line =
    "rooms are open where their maker does not say (--open): whoever reaches this port can use them.";
  return [isLan ? `Warning: ${line}` : `Note: ${line}`];
}

function loopbackLine([proxy]: readonly string[]): string {
  if (proxy === undefined)
    return "Only this machine reaches the hub; --host 0.0.0.0 --tls lets teammates in.";
  return `Only this machine reaches the hub; a reverse proxy on it lets teammates in as ${proxy}.`;
}

function networkLines(isTls: boolean): string[] {
  if (isTls) return ["Connections are encrypted; invite links carry the certificate's fingerprint."];
  return [
    "Warning: nothing is encrypted. Whoever can read this network can read prompts, answers and tokens. Add --tls, or use",
    "it behind a reverse proxy with HTTPS.",
  ];
}
