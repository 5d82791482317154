import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { version } from "../../package.json";
import { multicastSettings } from "../client/multicastSettings";
import { describeError, HumanError } from "../common/humanError";
import { createHub, type Hub } from "../hub/createHub";
import { type FileRoomStore, openFileRoomStore } from "../hub/fileRoomStore";
import { type HubLimits, defaultLimits as limits } from "../hub/limits";
import type { Logger } from "../hub/logger";
import type { MulticastSettings } from "../net/multicastDns";
import { DEFAULT_HUB_PORT } from "../protocol/constants";
import { announceHub } from "./announceHub";
import { type TlsFlags, tlsFor } from "./hubTls";
import { hubWelcome } from "./hubWelcome";
import { KeptSecrets } from "./keptSecrets";
import { isLoopback, listenAddresses } from "./listenAddresses";
import { jsonOption, minutes, notEmpty, seconds, wholeNumber } from "./options";
import { type LogLevel, logLevels, makePinoLogger } from "./pinoLogger";
import { aborted, type Terminal } from "./terminal";
import { tuneV8 } from "./tuneV8";
import { userFolder } from "./userFolder";

interface HubFlags extends TlsFlags {
  port: number;
  json: boolean;
  open?: boolean;
  announce: boolean;
  data?: string;
  maxQueue?: number;
  /** ms. */
  queueTimeout?: number;
  maxRooms?: number;
  maxParticipants?: number;
  maxRequests?: number;
  /** ms. */
  exitWhenIdle?: number;
  logLevel: LogLevel;
  /** ms. */
  drain: number;
}

const MAX_COUNT = 1_000_000;
/** What Docker waits before it kills, and longer than most answers still take, ms. */
const DRAIN_MS = 10_000;
/** Beyond that, for sockets and disk, ms. */
const CLOSE_MS = 10_000;

export function hubCommand(terminal: Terminal): Command {
  const command = new Command("hub").description(
    "start a hub: it keeps rooms and relays requests to their participants",
  );
  addReachOptions(command);
  addLimitOptions(command);
  return command
    .addOption(
      new Option("--log-level <level>", "what is logged, as JSON lines on stderr; never a prompt or a token")
        .choices(logLevels)
        .default("warn"),
    )
    .addOption(
      new Option("--drain <seconds>", "how long running answers may go on when it is told to stop")
        .argParser(seconds)
        .default(DRAIN_MS, `${DRAIN_MS / 1_000}`),
    )
    .addOption(jsonOption('print one line, {"url":…,"fingerprint":…}, once it listens, and nothing else'))
    .option(
      "--exit-when-idle <minutes>",
      "end when no participant and no requester was here for so long",
      minutes,
    )
    .addHelpText("after", examples)
    .action((flags: HubFlags) => runHub(terminal, flags));
}

function addReachOptions(command: Command): void {
  command
    .optionsGroup("Who reaches it:")
    .option(
      "--host <address>",
      "address to listen on; 0.0.0.0 lets other machines in",
      // Else an empty variable of a script would let them in too.
      notEmpty("an address"),
      "127.0.0.1",
    )
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
    .option(
      "--open",
      "make rooms open where nobody says otherwise: without tokens, as Gambi's tools need them",
    )
    .option("--no-announce", "do not announce the hub in the local network (it never is on loopback)")
    .optionsGroup("Encryption:")
    .addOption(
      new Option(
        "--tls",
        "speak HTTPS with a self-signed certificate, which is made once and kept; invite links carry its fingerprint",
      ).conflicts(["cert", "key"]),
    )
    .option("--cert <file>", "speak HTTPS with this certificate (PEM, its chain included)")
    .option("--key <file>", "the key of --cert (PEM)");
}

function addLimitOptions(command: Command): void {
  command
    .optionsGroup("What it keeps and takes:")
    .option(
      "--data <folder>",
      "keep rooms, their access and the certificate there; without it rooms end with the hub",
      // Else an empty variable of a script would become the folder that it runs in.
      notEmpty("a folder"),
    )
    .option(
      "--max-queue <number>",
      `requests that may wait in a room for a free participant; 0 refuses them at once (default: ${limits.maxQueue})`,
      wholeNumber(0, MAX_COUNT),
    )
    .option(
      "--queue-timeout <seconds>",
      `how long one waits at most (default: ${limits.queueTimeoutMs / 1_000})`,
      seconds,
    )
    .option(
      "--max-requests <number>",
      `that a client sends in a minute (default: ${limits.requestsPerMinute})`,
      wholeNumber(1, MAX_COUNT),
    )
    .option("--max-rooms <number>", `rooms at once (default: ${limits.rooms})`, wholeNumber(1, MAX_COUNT))
    .option(
      "--max-participants <number>",
      `participants in a room (default: ${limits.participantsPerRoom})`,
      wholeNumber(1, MAX_COUNT),
    )
    .optionsGroup("Options:");
}

async function runHub(terminal: Terminal, flags: HubFlags): Promise<void> {
  tuneV8();
  const idle = new AbortController();
  const logger = makePinoLogger(flags.logLevel);
  const log = (line: string) => logger.warn(line);
  terminal.mayTake(flags.drain + CLOSE_MS);
  const multicast = multicastFor(terminal, flags);
  if (flags.data !== undefined) await refuseFile(flags.data);
  const tls = await tlsFor(flags, () => flags.data ?? userFolder(terminal.env));
  const store = flags.data === undefined ? undefined : await openFileRoomStore(flags.data, log);
  const hub = await startHub(flags, { tls, store, logger });
  hub.onDidIdle(() => idle.abort());
  const announcement = multicast && (await announceHub(hub, version, multicast, log));
  try {
    await rememberCertificate(terminal, hub);
    if (flags.json) await terminal.printJson({ url: hub.url, fingerprint: hub.fingerprint });
    else await terminal.print(welcome(terminal, flags, hub, store));
    // Not `ended`: whoever started the hub may stop reading, and the room lives on.
    await Promise.race([aborted(terminal.interrupted), aborted(idle.signal)]);
    if (idle.signal.aborted && !flags.json)
      await terminal.print("Nobody was here for a while: the hub ends.");
  } finally {
    if (!flags.json && !idle.signal.aborted) tellWhatRuns(terminal, hub.requestsUnderWay, flags.drain);
    await announcement?.close();
    await hub.close({ drainMs: idle.signal.aborted ? 0 : flags.drain });
  }
}

/** Said here, where it is known what the name was meant for. What is not there yet is made. */
async function refuseFile(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found || found.isDirectory()) return;
  const hint = "Give --data the name of a folder; it is made where it is not there.";
  throw new HumanError("INVALID_INPUT", `${folder} is a file, not a folder.`, hint);
}

async function startHub(
  flags: HubFlags,
  parts: { tls: Awaited<ReturnType<typeof tlsFor>>; store: FileRoomStore | undefined; logger: Logger },
): Promise<Hub> {
  const { tls, store, logger } = parts;
  try {
    return await createHub({
      logger,
      host: flags.host,
      port: flags.port,
      version,
      open: flags.open ?? false,
      limits: limitsOf(flags),
      ...(flags.exitWhenIdle !== undefined && { idleTimeoutMs: flags.exitWhenIdle }),
      ...(flags.allowedHost && { allowedHosts: flags.allowedHost }),
      ...(tls && { tls }),
      ...(store && { store }),
    });
  } catch (error) {
    await store?.close();
    throw error;
  }
}

/** Else a hub that waits for its answers seems to hang. */
function tellWhatRuns(terminal: Terminal, requests: number, drainMs: number): void {
  if (requests === 0) return;
  const count = requests === 1 ? "1 request is" : `${requests} requests are`;
  const how = `answers may finish, for ${drainMs / 1_000} s at most; Ctrl+C again ends the hub at once`;
  terminal.tell(`${count} under way: ${how}.`);
}

/** Those that were given; the others are the hub's own. */
function limitsOf(flags: HubFlags): Partial<HubLimits> {
  const given = {
    maxQueue: flags.maxQueue,
    queueTimeoutMs: flags.queueTimeout,
    rooms: flags.maxRooms,
    participantsPerRoom: flags.maxParticipants,
    requestsPerMinute: flags.maxRequests,
  } satisfies { [Name in keyof HubLimits]?: number | undefined };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Undefined where nobody is to find the hub. */
function multicastFor({ env }: Terminal, { announce, host }: HubFlags): MulticastSettings | undefined {
  const settings = multicastSettings(env);
  return announce && settings !== "off" && !isLoopback(host) ? settings : undefined;
}

/** So that this user's other commands know without being told whether the hub is encrypted, and by which certificate. */
async function rememberCertificate(terminal: Terminal, { url, fingerprint }: Hub): Promise<void> {
  try {
    const kept = new KeptSecrets(terminal.env);
    if (fingerprint !== undefined) await kept.keepHub(url, fingerprint);
    else await kept.forgetHub(url.replace(/^http:/, "https:"));
  } catch (error) {
    const flags = fingerprint === undefined ? "--hub" : "--hub and --fingerprint";
    terminal.note(`${describeError(error)} Other commands need ${flags}.`);
  }
}

function welcome(
  { self }: Terminal,
  { host, allowedHost: allowedHosts = [], open = false, data }: HubFlags,
  hub: Hub,
  store: FileRoomStore | undefined,
): string {
  const addresses = listenAddresses(host, hub.port, hub.fingerprint !== undefined);
  return hubWelcome({ self, hub, host, addresses, allowedHosts, open, data, warning: store?.warning });
}

const examples = `
Examples:
  llm-rooms hub                                     for this machine
  llm-rooms hub --host 0.0.0.0 --tls --data ~/rooms for a team: encrypted, and kept over restarts
  llm-rooms hub --open                              for tools that know no tokens`;
