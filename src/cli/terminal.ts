import { setMaxListeners } from "node:events";
import { basename, relative } from "node:path";
import { createInterface } from "node:readline";

/** How long a command may take to close what it opened once it was told to stop, ms; then the process ends anyway. */
const STOP_GRACE_MS = 10_000;
/** npm passes on a Ctrl+C that the terminal has sent to us already: two signals this close are one press, ms. */
const SAME_PRESS_MS = 500;
/** What shells expect of a program that Ctrl+C ended. */
const INTERRUPTED_EXIT_CODE = 130;
/**
 * Control characters but tab and newline, and those that turn text around: a model, a hub or a nickname could drive the
 * terminal with them, or rewrite the line that they stand in.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be removed
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text from outside (a model's answer, a nickname) as it may be printed: nothing in it can drive the terminal. */
export function printable(text: string): string {
  return text.replace(CONTROL_CHARACTERS, "");
}

/** A line of JSON for a program, and for whoever has it printed in a terminal: there nothing in it can drive that either. */
export function jsonLine(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(CONTROL_CHARACTERS, escaped);
}

/** The process as a command sees it: where to print, and when a person wants it to stop. */
export class Terminal {
  readonly #interrupt = new AbortController();
  readonly #end = new AbortController();
  readonly #process: NodeJS.Process;
  #interruptedAt = 0;
  #isOutputWhole = true;
  #stopGraceMs = STOP_GRACE_MS;

  constructor(process: NodeJS.Process) {
    this.#process = process;
    // Node 20 warns at 11 listeners, and a command may have more requests under way at once.
    setMaxListeners(0, this.interrupted, this.ended);
    // Ctrl+C, `kill`, and a closed terminal window.
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => this.#onSignal());
    process.stdout.on("error", (error) => this.#onLostOutput(error));
    // A lost stderr takes nothing with it that a person still reads.
    process.stderr.on("error", () => {});
  }

  /** Aborts at the first Ctrl+C (or SIGTERM, SIGHUP); the second ends the process at once. */
  get interrupted(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Aborts like `interrupted`, and also when nobody reads stdout any more (`… | head`). */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Of a command that was told to stop before it was done. */
  get endedExitCode(): number {
    if (this.interrupted.aborted) return INTERRUPTED_EXIT_CODE;
    return this.#isOutputWhole ? 0 : 1;
  }

  /** How a person calls this program, for texts that say what to type next. */
  get self(): string {
    const script = this.#process.argv[1] ?? "";
    return basename(script) === "cli.js" ? `node ${relative(this.#process.cwd(), script)}` : "llm-rooms";
  }

  get env(): NodeJS.ProcessEnv {
    return this.#process.env;
  }

  get stdin(): NodeJS.ReadStream {
    return this.#process.stdin;
  }

  /** Resolves once the text is handed over, so that it arrives even where the process ends right after. */
  write(text: string): Promise<void> {
    return new Promise((resolve) => {
      // A failed write has already been told by the stream's "error" event.
      this.#process.stdout.write(text, () => resolve());
    });
  }

  print(line: string): Promise<void> {
    return this.write(`${line}\n`);
  }

  printJson(value: unknown): Promise<void> {
    return this.print(jsonLine(value));
  }

  /** To stderr: what is for the person and must not get into a pipe. */
  note(line: string): void {
    this.#process.stderr.write(`${line}\n`);
  }

  /** To stderr where a person reads it as it comes: of no use in a log. */
  tell(line: string): void {
    if (this.#process.stderr.isTTY) this.note(line);
  }

  /** Asks a person at the keyboard, and takes all but a yes for a no. Only where stdin `isTTY`: nobody else reads it. */
  confirm(question: string): Promise<boolean> {
    const { stdin, stderr } = this.#process;
    // Not raw, so that Ctrl+C is what it is everywhere else.
    const lines = createInterface({ input: stdin, terminal: false });
    const close = () => lines.close();
    this.ended.addEventListener("abort", close, { once: true });
    stderr.write(`${question} [y/N] `);
    return new Promise((resolve) => {
      lines.once("line", (line) => {
        resolve(/^y(es)?$/i.test(line.trim()));
        lines.close();
      });
      lines.once("close", () => {
        this.ended.removeEventListener("abort", close);
        resolve(false);
      });
    });
  }

  setExitCode(code: number): void {
    this.#process.exitCode = code;
  }

  /** For a command that takes longer than usual to close what it opened, ms. */
  mayTake(ms: number): void {
    this.#stopGraceMs = Math.max(this.#stopGraceMs, ms);
  }

  /** As if a person had pressed Ctrl+C. */
  interrupt(): void {
    this.#onSignal();
  }

  /** Whoever reads no more has seen enough. A file that takes no more is another matter: what was printed may be a secret told once. */
  #onLostOutput({ code }: NodeJS.ErrnoException): void {
    this.#end.abort();
    if (code === "EPIPE" || !this.#isOutputWhole) return;
    this.#isOutputWhole = false;
    this.#process.exitCode = 1;
    this.note(`The output cannot be written (${code}), and is not whole.`);
  }

  #onSignal(): void {
    if (this.interrupted.aborted) {
      if (performance.now() - this.#interruptedAt > SAME_PRESS_MS) this.#process.exit(INTERRUPTED_EXIT_CODE);
      return;
    }
    this.#interruptedAt = performance.now();
    this.#interrupt.abort();
    this.#end.abort();
    setTimeout(() => this.#process.exit(1), this.#stopGraceMs).unref();
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
