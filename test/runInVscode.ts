// Usage: node dist/test/runInVscode.js COUNTS_FILE: runs test/vscode inside the extension host of VS Code's own server.
import { exitOnSignal } from "./support/exitOnSignal";
import { COUNTS_VARIABLE, REPORT_MARK } from "./support/testModule";
import { VscodeHost } from "./support/vscodeHost";

/** For the whole suite, start included. */
const TIMEOUT_MS = 240_000;
/** Of the console's other messages, shown where tests fail. */
const KEPT_MESSAGES = 40;
const KEPT_CHARACTERS = 600;
/** What every run says: native modules are not built, and no gallery is in reach. */
const USUAL =
  /bindings file|watchdog|open-vsx|Failed to load resource|INFO|bad HTTP response|Service Worker|sandbox attribute|Canceled/;

async function main([countsFile = ""]: string[]): Promise<void> {
  const others: string[] = [];
  const host = await VscodeHost.start({
    development: true,
    env: { [COUNTS_VARIABLE]: countsFile },
    onConsole: (message) => {
      const at = message.indexOf(REPORT_MARK);
      if (at >= 0) return console.log(message.slice(at + REPORT_MARK.length));
      if (USUAL.test(message)) return;
      others.push(message.replace(/^%c\s*|color: #\w+ /g, "").slice(0, KEPT_CHARACTERS));
      if (others.length > KEPT_MESSAGES) others.shift();
    },
  });
  let code = 1;
  try {
    code = await host.runTestModule("dist/test/vscode/index.js", { timeoutMs: TIMEOUT_MS });
  } finally {
    if (code !== 0) console.log(`\nThe window's console:\n${others.join("\n")}\n`);
    await host.close();
  }
  process.exitCode = code;
}

exitOnSignal();
void main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
