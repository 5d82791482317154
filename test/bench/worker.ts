import { type ChildProcess, fork } from "node:child_process";

/** What a worker can be asked for, by name. */
// biome-ignore lint/suspicious/noExplicitAny: each job has arguments of its own; `ask` checks them.
export type Jobs = Record<string, (args: any) => unknown>;

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** The main process's end of a process that does jobs. */
export class Worker<J extends Jobs> {
  readonly child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (e: Error) => void }>();
  #lastId = 0;

  constructor(file: string, execArgv: readonly string[] = []) {
    this.child = fork(file, [], { serialization: "advanced", execArgv: [...execArgv] });
    this.child.on("message", ({ id, result, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) waiting?.reject(new Error(error));
      else waiting?.resolve(result as never);
    });
    this.child.once("exit", (code, signal) => {
      const why = new Error(`${file} ended (${signal ?? code}).`);
      for (const { reject } of this.#waiting.values()) reject(why);
      this.#waiting.clear();
    });
  }

  ask<K extends keyof J & string>(job: K, args: Parameters<J[K]>[0]): Promise<Awaited<ReturnType<J[K]>>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.child.send({ id, job, args: args as unknown as object }, (error) => {
        if (error) reject(error);
      });
    });
  }
}

/** The worker's end: does what it is asked for until the main process is gone. */
export function serveJobs(jobs: Jobs): void {
  process.on("message", ({ id, job, args }: { id: number; job: string; args: unknown }) => {
    const work = async () => jobs[job]?.(args);
    work().then(
      (result) => process.send?.({ id, result }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
    );
  });
  process.on("disconnect", () => process.exit());
  // Ctrl+C is for the main process, which ends this one.
  process.on("SIGINT", () => {});
}
