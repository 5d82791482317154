import { Command } from "commander";
import { version } from "../../package.json";
import { createHub, type Hub } from "../hub/createHub";
import { DEFAULT_HUB_PORT } from "../protocol/constants";
import { listenAddresses } from "./listenAddresses";
import { jsonOption, minutes, wholeNumber } from "./options";
import { aborted, type Terminal } from "./terminal";

interface HubCommandOptions {
  host: string;
  port: number;
  json: boolean;
  allowedHost?: string[];
  /** ms. */
  exitWhenIdle?: number;
}

export function hubCommand(terminal: Terminal): Command {
  return new Command("hub")
    .description("start a hub: it keeps rooms and relays requests to their participants")
    .option("--host <address>", "address to listen on; 0.0.0.0 lets other machines in", "127.0.0.1")
    .option(
      "--port <number>",
      "port to listen on; 0 takes a free one",
      wholeNumber(0, 65_535),
      DEFAULT_HUB_PORT,
    )
    .option(
      "--allowed-host <name...>",
      "further names under which it is reached, e.g. that of a reverse proxy",
    )
    .addOption(jsonOption('print one line, {"url":"http://…"}, once it listens, and nothing else'))
    .option(
      "--exit-when-idle <minutes>",
      "end when no participant and no requester was here for so long",
      minutes,
    )
    .action((options: HubCommandOptions) => runHub(terminal, options));
}

async function runHub(terminal: Terminal, options: HubCommandOptions): Promise<void> {
  const idle = new AbortController();
  const hub = await createHub({
    host: options.host,
    port: options.port,
    // Until share and create send tokens.
    open: true,
    version,
    ...(options.exitWhenIdle !== undefined && { idleTimeoutMs: options.exitWhenIdle }),
    ...(options.allowedHost && { allowedHosts: options.allowedHost }),
  });
  hub.onDidIdle(() => idle.abort());
  try {
    if (options.json) await terminal.printJson({ url: hub.url });
    else await terminal.print(welcome(terminal.self, hub, options.host));
    // Not `ended`: whoever started the hub may stop reading, and the room lives on.
    await Promise.race([aborted(terminal.interrupted), aborted(idle.signal)]);
    if (idle.signal.aborted && !options.json)
      await terminal.print("Nobody was here for a while: the hub ends.");
  } finally {
    await hub.close();
  }
}

function welcome(self: string, hub: Hub, host: string): string {
  const addresses = listenAddresses(host, hub.port);
  const isDefault = hub.port === DEFAULT_HUB_PORT;
  const hubFlag = isDefault ? "" : ` --hub ${hub.url}`;
  return [
    `LLM Rooms hub ${version} listens at ${hub.url}`,
    ...(addresses.length > 0 ? ["", ...reachable(addresses)] : []),
    "",
    "What to do next:",
    `  make a room           ${self} create${hubFlag} --name Team`,
    `  share a model in it   ${self} share${hubFlag} --room CODE`,
    '  use it in VS Code     command "LLM Rooms: Join Room"',
    ...(addresses.length > 0 ? [] : ["", "Only this machine reaches it; --host 0.0.0.0 lets teammates in."]),
    "",
    "Ctrl+C stops the hub; its rooms end with it.",
  ].join("\n");
}

function reachable(addresses: readonly string[]): string[] {
  return [
    "Teammates reach it at:",
    ...addresses.map((address) => `  ${address}`),
    "",
    "Warning: the hub itself has no password and no encryption. Whoever reaches this port can list its rooms,",
    "use the models shared in them, and read along on the network. Use it in a network that you trust, or behind",
    "a reverse proxy with HTTPS and a login.",
  ];
}
