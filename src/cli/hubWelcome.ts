import { version } from "../../package.json";
import type { Hub } from "../hub/createHub";
import { DEFAULT_HUB_PORT } from "../protocol/constants";
import { listenAddresses } from "./listenAddresses";

export interface WelcomeFacts {
  /** How this program is called. */
  self: string;
  hub: Hub;
  host: string;
  /** Rooms without tokens, where their maker does not say. */
  open: boolean;
  /** Where rooms are kept. */
  data: string | undefined;
  /** What the store had to set aside. */
  warning: string | undefined;
}

/** What a hub says when it listens: to whom it is open, what is kept, and what to do next. */
export function hubWelcome({ self, hub, host, open, data, warning }: WelcomeFacts): string {
  const isTls = hub.fingerprint !== undefined;
  const addresses = listenAddresses(host, hub.port, isTls);
  const isLan = addresses.length > 0;
  const isDefault = hub.port === DEFAULT_HUB_PORT && !isTls;
  const hubFlag = isDefault ? "" : ` --hub ${hub.url}`;
  return [
    `LLM Rooms hub ${version} listens at ${hub.url}`,
    ...(isTls ? [`Fingerprint of its certificate (SHA-256): ${hub.fingerprint}`] : []),
    ...(warning === undefined ? [] : ["", `Warning: ${warning}`]),
    ...(isLan ? ["", "Teammates reach it at:", ...addresses.map((address) => `  ${address}`)] : []),
    "",
    ...accessLines(open, isLan),
    ...(isLan
      ? networkLines(isTls)
      : ["Only this machine reaches the hub; --host 0.0.0.0 --tls lets teammates in."]),
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

function accessLines(open: boolean, isLan: boolean): string[] {
  if (!open) return ["Rooms are protected: only whoever has a room's invite link, or its password, gets in."];
  const line =
    "rooms are open where their maker does not say (--open): whoever reaches this port can use them.";
  return [isLan ? `Warning: ${line}` : `Note: ${line}`];
}

function networkLines(isTls: boolean): string[] {
  if (isTls) return ["Connections are encrypted; invite links carry the certificate's fingerprint."];
  return [
    "Warning: nothing is encrypted. Whoever can read this network can read prompts, answers and tokens. Add --tls, or use",
    "it behind a reverse proxy with HTTPS.",
  ];
}
