import { HumanError } from "../common/humanError";
import { variables } from "./options";
import { createProgram } from "./program";
import { printable, Terminal } from "./terminal";

/** What is still open this long after a command's end is not worth waiting for, ms. */
const LINGER_MS = 2_000;

async function main(): Promise<void> {
  const terminal = new Terminal(process);
  try {
    await createProgram(terminal).parseAsync(process.argv);
  } catch (error) {
    report(terminal, error);
  }
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

function report(terminal: Terminal, error: unknown): void {
  terminal.setExitCode(terminal.ended.aborted ? terminal.endedExitCode : 1);
  // Whoever stopped the program knows why the call under way failed.
  if (terminal.ended.aborted) return;
  if (error instanceof HumanError) {
    terminal.note(printable(`${error.message}\n${hintOf(error)}`));
    return;
  }
  terminal.note("This is a bug in LLM Rooms:");
  terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** Where the hub does not let one in, the ways in are named as they are called here. */
function hintOf({ code, hint }: HumanError): string {
  if (code !== "UNAUTHORIZED") return hint;
  return `${hint}\nCommands take an invite link by --invite or ${variables.invite}, a password by ${variables.password}.`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
