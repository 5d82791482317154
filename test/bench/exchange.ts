import { connect, type Socket } from "node:net";

/** The provider's own. */
export const DIRECT_PATH = "/v1/chat/completions";

/** Where a column's requests go. */
export interface Target {
  port: number;
  path: string;
  model: string;
}

const LAST_CHUNK = "0\r\n\r\n";

/** One connection for requests one after another, with as little HTTP as answers in chunks need. */
export class Exchange {
  readonly socket: Socket;
  readonly #target: Target;
  #onData: (data: Buffer) => void = () => {};
  #onFailed: (error: Error) => void = () => {};

  constructor(target: Target) {
    this.#target = target;
    this.socket = connect({ port: target.port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (data) => this.#onData(data));
    this.socket.on("error", (error) => this.#onFailed(error));
    this.socket.on("close", () =>
      this.#onFailed(new Error("The connection closed before the answer's end.")),
    );
  }

  get connected(): Promise<void> {
    if (!this.socket.connecting) return Promise.resolve();
    return new Promise((resolve) => this.socket.once("connect", () => resolve()));
  }

  /** Resolves at the answer's end. @param onData gets what follows the head, chunks' headers included. */
  post(body: string | Buffer, onData: (data: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onFailed = reject;
      if (this.socket.destroyed) return reject(new Error("The connection closed between two requests."));
      let head: Buffer | undefined = Buffer.alloc(0);
      this.#onData = (data) => {
        let rest = data;
        if (head) {
          head = Buffer.concat([head, data]);
          const end = head.indexOf("\r\n\r\n");
          if (end < 0) return;
          if (!head.toString("latin1", 0, 13).includes(" 200 ")) reject(new Error(head.toString()));
          rest = head.subarray(end + 4);
          head = undefined;
        }
        if (rest.byteLength > 0) onData(rest);
        // A token's text holds no such end.
        if (rest.toString("latin1", Math.max(0, rest.byteLength - LAST_CHUNK.length)) === LAST_CHUNK)
          resolve();
      };
      this.socket.write(
        this.#headFor(Buffer.byteLength(body)) + (typeof body === "string" ? body : ""),
        "latin1",
      );
      if (typeof body !== "string") this.socket.write(body);
    });
  }

  close(): void {
    this.#onFailed = () => {};
    this.socket.destroy();
  }

  #headFor(length: number): string {
    const { path, port } = this.#target;
    return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  }
}
