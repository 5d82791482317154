import { HumanError } from "../common/humanError";
import { type Invite, looksLikeInvite, readInvite } from "../protocol/invite";
import type { Terminal } from "./terminal";

/** Longer than any invite, bytes. */
const MAX_LINE_BYTES = 8_192;
const BLANKS: ReadonlySet<number> = new Set(Buffer.from(" \t\r\n"));

/** The invite that a link holds, or the one in stdin's first line that is not empty where the link is "-". @throws HumanError */
export async function readInviteLink(terminal: Terminal, link: string): Promise<Invite> {
  const text = link === "-" ? await readLine(terminal) : link;
  // Where nobody reads on, what keeps stdin open must not keep the program; not at once, as one that was listened to does not pause.
  if (link === "-") setImmediate(() => terminal.stdin.pause());
  const invite = readInvite(text);
  if (invite) return invite;
  if (looksLikeInvite(text)) {
    const hint = "Copy it whole; in a shell it needs quotes.";
    throw new HumanError("BAD_INVITE", "The invite link is cut off or damaged.", hint);
  }
  throw new HumanError(
    "INVALID_INPUT",
    "That is no invite link.",
    "It looks like vscode://llm-rooms.llm-rooms/join?hub=…&room=…; in a shell it needs quotes.",
  );
}

/** Leaves the rest of stdin for whoever reads it next. */
async function readLine({ stdin, ended }: Terminal): Promise<string> {
  let line = Buffer.alloc(0);
  for (;;) {
    const piece: Buffer | string | null = stdin.read();
    if (piece !== null) line = Buffer.concat([line, Buffer.from(piece)]);
    const start = line.findIndex((byte) => !BLANKS.has(byte));
    const end = start < 0 ? -1 : line.indexOf("\n", start);
    if (end >= 0) {
      stdin.unshift(line.subarray(end + 1));
      return line.subarray(start, end).toString();
    }
    if (line.length > MAX_LINE_BYTES || stdin.readableEnded || ended.aborted) return line.toString();
    if (piece === null) await nextChange(stdin, ended);
  }
}

function nextChange(stdin: NodeJS.ReadStream, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const events = ["readable", "end", "error", "close"] as const;
    const settle = () => {
      for (const event of events) stdin.off(event, settle);
      ended.removeEventListener("abort", settle);
      resolve();
    };
    for (const event of events) stdin.once(event, settle);
    ended.addEventListener("abort", settle, { once: true });
  });
}
