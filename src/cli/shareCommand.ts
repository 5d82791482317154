import { join } from "node:path";
import { Command } from "commander";
import { HumanError } from "../common/humanError";
import { discoverProviders } from "../participant/discoverProviders";
import { readMachineSpecs } from "../participant/machineSpecs";
import { ParticipantSession } from "../participant/participantSession";
import { probeProvider } from "../participant/provider";
import { completeSharing } from "./completeSharing";
import { describeSession, sessionJson } from "./describeSession";
import { describeSpecs } from "./describeSpecs";
import { fileOwnership } from "./fileOwnership";
import { findRoom } from "./findRoom";
import {
  addRoomOptions,
  jsonOption,
  notEmpty,
  type RoomFlags,
  readSecret,
  variables,
  wholeNumber,
} from "./options";
import { participantIdFor } from "./participantId";
import { printable, type Terminal } from "./terminal";
import { tuneV8 } from "./tuneV8";
import { userFolder } from "./userFolder";

interface ShareFlags extends RoomFlags {
  model?: string;
  endpoint?: string;
  nickname?: string;
  apiKeyEnv: string;
  capacity: number;
  maxTokens?: number;
  specs: boolean;
  json: boolean;
}

/** More than any model says at once. */
const MAX_TOKENS = 100_000_000;
/** As the wire's `capacity` allows. */
const MAX_CAPACITY = 64;

export function shareCommand(terminal: Terminal): Command {
  const command = new Command("share").description("share a model of this machine in a room, until Ctrl+C");
  return addRoomOptions(command)
    .option(
      "--model <name>",
      "as the provider names it; may be left out where it offers one only",
      notEmpty("a model"),
    )
    .option("--endpoint <url>", "the OpenAI-compatible provider; looked for at the usual ports if left out")
    .option("--nickname <name>", "how others see you; your user name if left out", notEmpty("you"))
    .option("--api-key-env <name>", "environment variable with the provider's key", variables.apiKey)
    .option("--capacity <number>", "requests served at once", wholeNumber(1, MAX_CAPACITY), 1)
    .option(
      "--max-tokens <number>",
      "the longest answer that it gives, in tokens; several answers to one request share it",
      wholeNumber(1, MAX_TOKENS),
    )
    .option("--no-specs", "do not show this machine's hardware")
    .addOption(jsonOption("print each state as a line of JSON, and nothing else"))
    .action(async (options: ShareFlags) => {
      try {
        await share(terminal, options);
      } catch (error) {
        throw inTerminalsWords(error, passwordOf(terminal, options), options.apiKeyEnv);
      }
    });
}

async function share(terminal: Terminal, options: ShareFlags): Promise<void> {
  tuneV8();
  const signal = terminal.ended;
  const apiKey = readApiKey(terminal, options.apiKeyEnv);
  const { hubUrl, fingerprint, roomCode, token } = await findRoom(terminal, options);
  const choice = await completeSharing(options, {
    probe: (endpoint) => probeProvider({ endpoint, apiKey, signal }),
    discover: () => discoverProviders(signal),
  });
  const specs = options.specs ? await readMachineSpecs() : undefined;
  const participantId = participantIdFor({ roomCode, fingerprint, ...choice });
  const share = { hubUrl, roomCode, participantId };
  const tokens = join(userFolder(terminal.env), "shares");
  const session = new ParticipantSession({
    ...share,
    ownership: fileOwnership(tokens, share, (line) => terminal.note(line)),
    fingerprint,
    memberToken: token,
    ...choice,
    password: passwordOf(terminal, options),
    apiKey,
    specs,
    capacity: options.capacity,
    maxTokens: options.maxTokens,
  });
  const card = describeCard(choice.nickname, specs);
  if (!options.json)
    await terminal.print(printable(`${choice.model} of ${choice.endpoint} for room ${roomCode}, as ${card}`));
  await serve(terminal, session, options.json);
}

function passwordOf({ env }: Terminal, { password }: ShareFlags): string | undefined {
  return password ?? (env[variables.password] || undefined);
}

/** A secret that is missing is asked for by the name that it has here. */
function inTerminalsWords(error: unknown, password: string | undefined, apiKeyEnv: string): unknown {
  if (!(error instanceof HumanError)) return error;
  if (error.code === "WRONG_PASSWORD" && password === undefined) {
    const hint = "Ask whoever made the room for it, and give it with LLM_ROOMS_PASSWORD or --password.";
    return new HumanError(error.code, "Sharing in this room takes a password.", hint);
  }
  if (error.code !== "WRONG_KEY") return error;
  return new HumanError(error.code, error.message, `Set ${apiKeyEnv} to the provider's key.`);
}

/** Prints the session's states, one line each, until it ends by itself or is told to. */
async function serve(terminal: Terminal, session: ParticipantSession, json: boolean): Promise<void> {
  const failed = new Promise<HumanError | undefined>((resolve) => {
    let shown = "";
    session.onDidChangeState((state) => {
      const line = json ? sessionJson(state) : describeSession(state);
      if (line !== shown) void terminal.print(line);
      shown = line;
      if (state.state === "stopped") resolve(state.error);
    });
  });
  const told = new Promise<undefined>((resolve) =>
    terminal.ended.addEventListener("abort", () => resolve(undefined), { once: true }),
  );
  try {
    await session.start(terminal.ended);
    if (!json) await terminal.print("Everyone in the room can use it now. Ctrl+C stops it.");
    const error = await Promise.race([failed, told]);
    if (error) throw error;
  } finally {
    await session.stop();
  }
}

function describeCard(nickname: string, specs: Parameters<typeof describeSpecs>[0] | undefined): string {
  const hardware = specs && describeSpecs(specs);
  return hardware ? `${nickname} (${hardware})` : nickname;
}

/** @throws HumanError where a variable was named that is not set: sharing without the key would fail later. */
function readApiKey(terminal: Terminal, name: string): string | undefined {
  const value = readSecret(terminal.env[name], name);
  if (value !== undefined) return value;
  if (name === variables.apiKey) return undefined;
  throw new HumanError(
    "INVALID_INPUT",
    `The environment variable ${name} is not set.`,
    "Set it to the provider's key, or leave --api-key-env out.",
  );
}
