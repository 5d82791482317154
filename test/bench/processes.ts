import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type Jobs, Worker } from "./worker";

/** That a child says that it is ready at the latest, ms. */
const READY_WITHIN_MS = 30_000;
/** That a child ends after it was asked to, ms. */
const END_WITHIN_MS = 10_000;

/** All that this run has started: whatever way it ends, they end with it. */
export class Processes {
  readonly #children = new Set<ChildProcess>();

  constructor() {
    process.once("exit", () => this.endAll());
  }

  worker<J extends Jobs>(file: string): Worker<J> {
    const worker = new Worker<J>(file);
    this.#keep(worker.child);
    return worker;
  }

  spawn(command: string, args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#keep(child);
    return child;
  }

  /** Resolves with what `ready` finds in the child's output. */
  start(
    command: string,
    args: readonly string[],
    ready: RegExp,
  ): Promise<{ child: ChildProcess; found: RegExpExecArray }> {
    const child = this.spawn(command, args);
    let output = "";
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${command} ${args.join(" ")} ${why}: ${output}`));
      const late = setTimeout(() => fail("was not ready in time"), READY_WITHIN_MS);
      const read = (data: Buffer) => {
        // What comes later is read, so that the child can go on, and thrown away.
        if (output.length < 10_000) output += data;
        const found = ready.exec(output);
        if (!found) return;
        clearTimeout(late);
        resolve({ child, found });
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.once("error", (error) => fail(error.message));
      child.once("exit", () => fail("ended"));
    });
  }

  /** @param signal what leaves it time to write its profile, or none. */
  end(child: ChildProcess, signal: "SIGINT" | "SIGKILL" = "SIGKILL"): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const late = setTimeout(() => child.kill("SIGKILL"), END_WITHIN_MS);
      child.once("exit", () => {
        clearTimeout(late);
        resolve();
      });
      child.kill(signal);
    });
  }

  endAll(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #keep(child: ChildProcess): void {
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
  }
}

export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("The process did not start.");
  return child.pid;
}
