import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Emitter } from "../../src/common/event";

/** The bundle that users run; the build has put it beside the folder of the tests. */
const program = join(__dirname, "..", "..", "cli.js");

/** How long `shows` waits, ms. */
const SHOWS_MS = 120_000;

export interface CliOptions {
  env?: NodeJS.ProcessEnv;
  /** Written to stdin, which is then closed. */
  input?: string;
  /** Leaves stdin open for the test to type. */
  types?: boolean;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One run of the terminal program as a process of its own. */
export class CliProcess {
  stdout = "";
  stderr = "";
  readonly exited: Promise<Exit>;
  readonly #changed = new Emitter<void>();
  #ended = false;

  constructor(readonly child: ChildProcess) {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#changed.fire();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    // "close" comes after the last byte of both streams.
    this.exited = once(child, "close").then(([code, signal]) => {
      this.#ended = true;
      this.#changed.fire();
      return { code, signal };
    });
  }

  /** Resolves with the match once stdout has it; fails where the program ended without, or does not show it in time. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        subscription.dispose();
        settle();
      };
      const fail = (how: string) =>
        finish(() => reject(new Error(`It ${how} ${pattern}:\n${this.stdout}\n${this.stderr}`)));
      const look = () => {
        const match = pattern.exec(this.stdout);
        if (match) finish(() => resolve(match));
        else if (this.#ended) fail("ended without");
      };
      const timer = setTimeout(() => fail("does not show"), SHOWS_MS);
      const subscription = this.#changed.event(look);
      look();
    });
  }

  kill(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.exited;
  }
}

/** Starts programs and ends whatever of them is left. */
export class CliRunner {
  readonly #running = new Set<CliProcess>();
  /** In place of the tester's own folder for what the program keeps. */
  readonly home = mkdtempSync(join(tmpdir(), "llm-rooms-home-"));

  start(args: readonly string[], options: CliOptions = {}): CliProcess {
    return this.#spawn(process.execPath, [program, ...args], options);
  }

  /** The program as the child of a shell, which is what the process returned is. */
  startInShell(args: readonly string[], options: CliOptions = {}): CliProcess {
    // Without the second command a shell would become the program.
    const line = `"${process.execPath}" "${program}" ${args.join(" ")}; true`;
    return this.#spawn("sh", ["-c", line], options);
  }

  /** The program where no file takes anything, as on a disk that is full. */
  startOnFullDisk(args: readonly string[], options: CliOptions = {}): CliProcess {
    const line = 'ulimit -f 0; exec "$0" "$@"';
    return this.#spawn("sh", ["-c", line, process.execPath, program, ...args], options);
  }

  /** The program at a keyboard, by util-linux's `script`; all that it shows is on stdout. */
  startAtKeyboard(args: readonly string[], options: CliOptions = {}): CliProcess {
    // In the shell's place: it would go at Ctrl+C, and the keyboard with it.
    const line = `exec "${process.execPath}" "${program}" ${args.join(" ")}`;
    return this.#spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], options);
  }

  #spawn(
    command: string,
    args: readonly string[],
    { env = {}, input, types = false }: CliOptions,
  ): CliProcess {
    // A test before may have removed it.
    mkdirSync(this.home, { recursive: true });
    const child = spawn(command, args, {
      env: { ...cleanEnvironment(), LLM_ROOMS_HOME: this.home, LLM_ROOMS_MDNS: "off", ...env },
      stdio: [input === undefined && !types ? "ignore" : "pipe", "pipe", "pipe"],
    });
    if (!types) child.stdin?.end(input);
    const cli = new CliProcess(child);
    this.#running.add(cli);
    void cli.exited.then(() => this.#running.delete(cli));
    return cli;
  }

  /** Starts a program and waits for its end. */
  async run(args: readonly string[], options?: CliOptions): Promise<CliProcess & { exit: Exit }> {
    const cli = this.start(args, options);
    return Object.assign(cli, { exit: await cli.exited });
  }

  /** A hub as a process of its own, whose rooms are open where their maker does not say, as the base's are. */
  async startHub(args: readonly string[] = []): Promise<{ cli: CliProcess; url: string }> {
    const cli = this.start(["hub", "--port", "0", "--json", "--open", ...args]);
    const [line] = await cli.shows(/^.*\n/);
    const { url } = JSON.parse(line) as { url: string };
    return { cli, url };
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#running].map((cli) => cli.kill("SIGKILL")));
    await rm(this.home, { recursive: true, force: true });
  }
}

/** What the tester has set for himself must not decide a test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(LLM_ROOMS|npm)_/.test(name)));
}
