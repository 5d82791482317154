import { dirname } from "node:path";
import { Command } from "commander";
import { version } from "../../package.json";
import { HubClient } from "../client/hubClient";
import { createHub } from "../hub/createHub";
import { Closers } from "./closers";
import { type DemoRoom, startDemoParticipants } from "./demoParticipants";
import { demoSettings, makeDemoWorkspace } from "./demoWorkspace";
import { openBrowserVscode } from "./openBrowserVscode";
import { openDesktopVscode } from "./openDesktopVscode";
import { jsonOption } from "./options";
import { aborted, type Terminal } from "./terminal";
import { watchParent } from "./watchParent";

interface DemoOptions {
  open: boolean;
  browser: boolean;
  builtIn: boolean;
  json: boolean;
}

export function demoCommand(terminal: Terminal): Command {
  return new Command("demo")
    .description("start a hub, a room and participants, and open VS Code in it; Ctrl+C ends all of it")
    .option("--no-open", "do not open VS Code")
    .option("--browser", "VS Code in the browser, even where there is one on the desktop")
    .option("--built-in", "the built-in demo answers, even where a provider runs on this machine")
    .addOption(jsonOption('print one line, {"hub":…,"room":…,"url":…}, and nothing else'))
    .action((options: DemoOptions) => runDemo(terminal, options));
}

async function runDemo(terminal: Terminal, options: DemoOptions): Promise<void> {
  const closers = new Closers();
  const log = (line: string) => terminal.note(line);
  try {
    // Under npm only: whoever starts the demo with nohup means it to stay.
    if (terminal.env.npm_lifecycle_event) {
      const watch = watchParent(() => terminal.interrupt());
      closers.add("the watch", () => watch.dispose());
    }
    const hub = await createHub({ port: 0, version, open: true });
    closers.add("the hub", () => hub.close());
    const { room } = await new HubClient(hub.url).createRoom({ name: "Demo" }, terminal.ended);
    const demoRoom = { hubUrl: hub.url, roomCode: room.code };
    const shares = await startDemoParticipants({
      room: demoRoom,
      builtIn: options.builtIn,
      closers,
      log,
      signal: terminal.ended,
    });
    if (!options.json) await terminal.print(describeRoom(terminal.self, demoRoom, shares));
    const url = options.open ? await openVscode(terminal, demoRoom, options.browser, closers) : undefined;
    if (options.json) await terminal.printJson({ hub: hub.url, room: room.code, url: url ?? null });
    else await terminal.print(`${describeWindow(terminal.env, options.open, url)}\n\nCtrl+C ends all of it.`);
    await aborted(terminal.ended);
    if (!options.json) await terminal.print("\nEnding …");
  } finally {
    for (const name of await closers.closeAll()) log(`${name} could not be ended cleanly.`);
  }
}

/** The URL to open, or undefined where a window opened by itself. */
async function openVscode(
  terminal: Terminal,
  room: DemoRoom,
  browser: boolean,
  closers: Closers,
): Promise<string | undefined> {
  const workspace = await makeDemoWorkspace(closers);
  // This program runs as dist/cli.js.
  const options = { productDir: dirname(__dirname), workspace, settings: demoSettings(room) };
  if (!browser && (await openDesktopVscode({ ...options, env: terminal.env }, closers))) return undefined;
  const log = (line: string) => terminal.note(line);
  return openBrowserVscode({ ...options, log, signal: terminal.ended }, closers);
}

function describeRoom(self: string, { hubUrl, roomCode }: DemoRoom, shares: readonly string[]): string {
  return [
    `Hub   ${hubUrl}`,
    `Room  Demo, code ${roomCode}`,
    ...shares.map((line) => `      ${line}`),
    "",
    "From another terminal:",
    `  ${self} chat --hub ${hubUrl} --room ${roomCode} "Who is in this room?"`,
    "",
  ].join("\n");
}

function describeWindow(env: NodeJS.ProcessEnv, open: boolean, url: string | undefined): string {
  if (!open) return "VS Code was not opened (--no-open).";
  if (url === undefined) return "VS Code opens in a new window.";
  const { port } = new URL(url);
  const forward = `\n\nOn the machine that you sit at, first run: ssh -L ${port}:127.0.0.1:${port} THIS_MACHINE`;
  return `Open VS Code in your browser:\n\n  ${url}${env.SSH_CONNECTION ? forward : ""}`;
}
