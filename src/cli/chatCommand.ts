import { addAbortSignal } from "node:stream";
import { Command } from "commander";
import { defaultNickname } from "../client/defaultNickname";
import { type ChatPart, streamChat } from "../client/streamChat";
import { HumanError } from "../common/humanError";
import { MAX_BODY_BYTES } from "../protocol/constants";
import { parseSelector } from "../protocol/inference";
import { findRoom, openRoom } from "./findRoom";
import { findSelector } from "./findSelector";
import { addRoomOptions, jsonOption, notEmpty, type RoomFlags } from "./options";
import { roomOptions } from "./suggestion";
import { printable, type Terminal } from "./terminal";

interface ChatFlags extends RoomFlags {
  to: string;
  nickname?: string;
  json: boolean;
  system?: string;
}

export function chatCommand(terminal: Terminal): Command {
  const command = new Command("chat")
    .description("ask a participant and stream the answer; Ctrl+C stops it")
    .argument("[prompt...]", 'what to ask; without it, or where it holds "-", from stdin');
  return addRoomOptions(command)
    .option(
      "--to <selector>",
      "whom to ask: a nickname or id that `participants` lists, model:NAME, or any",
      notEmpty("a participant or model"),
      "any",
    )
    .option(
      "--nickname <name>",
      "who asks, for whoever answers and for the queue; your user name if left out",
      notEmpty("you"),
    )
    .option("--system <text>", "a system prompt")
    .addOption(jsonOption("print {text, participantId, finishReason, outputTokens, …} as JSON at the end"))
    .addHelpText(
      "after",
      '\nExample:\n  git diff | llm-rooms chat --to model:qwen3:8b "Review this change:" -',
    )
    .action((words: string[], options: ChatFlags) => chat(terminal, words, options));
}

async function chat(terminal: Terminal, words: readonly string[], options: ChatFlags): Promise<void> {
  // First: an invite may be stdin's first line, and the prompt what follows.
  const invite = options.invite === "-" ? await findRoom(terminal, options) : undefined;
  const prompt = await readPrompt(terminal, words, options);
  const room = invite ?? (await findRoom(terminal, options));
  const parts = streamChat({
    ...room,
    model: await findSelector(openRoom(room), room.roomCode, options.to, terminal.ended),
    messages: [
      ...(options.system === undefined ? [] : [{ role: "system", content: options.system } as const]),
      { role: "user", content: prompt },
    ],
    user: options.nickname ?? defaultNickname(),
    signal: terminal.ended,
  });
  try {
    if (options.json) await printWhole(terminal, parts);
    else await showAll(terminal, parts);
  } catch (error) {
    throw isNobody(error, options.to) ? nobody(terminal, error, options) : error;
  }
  if (!terminal.ended.aborted) return;
  if (!options.json) await terminal.write("\n");
  terminal.setExitCode(terminal.endedExitCode);
}

/** Nothing where it was stopped: what a program reads is whole. */
async function printWhole(terminal: Terminal, parts: AsyncIterable<ChatPart>): Promise<void> {
  let text = "";
  let participantId: string | undefined;
  for await (const part of parts) {
    if (part.type === "text") text += part.text;
    if (part.type === "answering") participantId = part.participantId;
    if (part.type !== "done" || terminal.ended.aborted) continue;
    const { type: _, ...measured } = part;
    await terminal.printJson({ text, participantId, ...measured });
  }
}

async function showAll(terminal: Terminal, parts: AsyncIterable<ChatPart>): Promise<void> {
  let isMidLine = false;
  let place = "";
  try {
    for await (const part of parts) {
      if (part.type === "queued") {
        const now = describePlace(part);
        if (now !== place) terminal.note(now);
        place = now;
        continue;
      }
      await show(terminal, part);
      isMidLine = part.type === "text" ? !part.text.endsWith("\n") : isMidLine && part.type !== "done";
    }
  } catch (error) {
    // What went wrong has a line of its own.
    if (isMidLine) await terminal.write("\n");
    throw error;
  }
}

async function show(terminal: Terminal, part: ChatPart): Promise<void> {
  if (part.type === "text") return terminal.write(printable(part.text));
  if (part.type !== "done" || terminal.ended.aborted) return;
  await terminal.write("\n");
  const speed = part.tokensPerSecond === undefined ? "" : `, ${part.tokensPerSecond.toFixed(1)} tokens/s`;
  terminal.note(`(${part.outputTokens} tokens in ${(part.durationMs / 1_000).toFixed(1)} s${speed})`);
}

function describePlace({ position, estimatedWaitMs }: Extract<ChatPart, { type: "queued" }>): string {
  const wait = estimatedWaitMs === undefined ? "" : `, about ${Math.ceil(estimatedWaitMs / 1_000)} s`;
  return `(everybody who fits is busy: number ${position} in the queue${wait})`;
}

async function readPrompt(terminal: Terminal, words: readonly string[], flags: RoomFlags): Promise<string> {
  const wantsStdin = words.length === 0 || words.includes("-");
  if (wantsStdin && words.length === 0 && terminal.stdin.isTTY) throw noPrompt(terminal, flags);
  const input = wantsStdin ? await readAll(addAbortSignal(terminal.ended, terminal.stdin)) : "";
  const prompt =
    words.length === 0 ? input : words.map((word) => (word === "-" ? `\n\n${input}` : word)).join(" ");
  if (prompt.trim() === "") throw noPrompt(terminal, flags);
  return prompt.trim();
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    const buffer = Buffer.from(piece);
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new HumanError("INVALID_INPUT", "The input is over 32 MB.", "Ask about a part of it.");
    }
    pieces.push(buffer);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** Somebody was named, who is not there. */
function isNobody(error: unknown, to: string): error is HumanError {
  if (!(error instanceof HumanError) || parseSelector(to).kind === "any") return false;
  return error.code === "MODEL_NOT_FOUND" || error.code === "PARTICIPANT_NOT_FOUND";
}

function nobody(terminal: Terminal, { code, message }: HumanError, flags: RoomFlags): HumanError {
  const hint = `This lists who is there: ${terminal.self} participants${roomOptions(terminal, flags)}`;
  return new HumanError(code, message, hint);
}

function noPrompt(terminal: Terminal, flags: RoomFlags): HumanError {
  return new HumanError(
    "INVALID_INPUT",
    "There is nothing to ask.",
    `Give a prompt: ${terminal.self} chat${roomOptions(terminal, flags)} "Hello", or pipe one in.`,
  );
}
