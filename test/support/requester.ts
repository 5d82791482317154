import { type ClientRequest, type IncomingHttpHeaders, request } from "node:http";
import { paths } from "../../src/protocol/paths";
import { eventually } from "./eventually";
import type { TestHub } from "./startHub";

export interface AskOptions {
  /** Of the requester: any of 127.0.0.0/8 is this machine. */
  address?: string;
  path?: string;
}

/** A requester with a connection of its own, and all that came back on it so far. */
export class Requester {
  status: number | undefined;
  headers: IncomingHttpHeaders = {};
  text = "";
  readonly #request: ClientRequest;
  #ended = false;

  constructor(url: string, body: unknown, { address = "127.0.0.1", path = "/" }: AskOptions = {}) {
    const headers = { "content-type": "application/json" };
    const options = { method: "POST", localAddress: address, agent: false as const, headers };
    this.#request = request(url + path, options, (response) => {
      this.status = response.statusCode;
      this.headers = response.headers;
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        this.text += piece;
      });
      response.on("close", () => {
        this.#ended = true;
      });
    });
    this.#request.on("error", () => {
      this.#ended = true; // It left, or was cut off: the test says which it expects.
    });
    this.#request.end(typeof body === "string" ? body : JSON.stringify(body));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** SSE comments that came so far, without those that only keep the connection alive. */
  get comments(): string[] {
    const lines = this.text.split("\n").filter((line) => line.startsWith(": ") && line !== ": waiting");
    return lines.map((line) => line.slice(2));
  }

  /** The data of the events that came so far. */
  get data(): string[] {
    return this.text
      .split("\n")
      .filter((line) => line.startsWith("data: "))
      .map((line) => line.slice("data: ".length));
  }

  /** Waits for the end of the answer. */
  async whole(): Promise<this> {
    await eventually(() => this.#ended);
    return this;
  }

  leave(): void {
    this.#request.destroy();
  }
}

/** Asks for a chat completion, streamed unless the body says otherwise. */
export function askChat(
  t: TestHub,
  code: string,
  body: Record<string, unknown> = {},
  options: AskOptions = {},
): Requester {
  const content = { model: "*", messages: [{ role: "user", content: "hello" }], stream: true, ...body };
  return new Requester(t.url, content, { path: paths.chatCompletions(code), ...options });
}
