import { connect, type Socket } from "node:net";

/** A client that speaks no better HTTP than the test writes. */
export class RawHttp {
  readonly socket: Socket;
  /** All that came back so far. */
  received = "";
  readonly closed: Promise<void>;

  constructor(port: number, localAddress?: string) {
    this.socket = connect({ port, host: "127.0.0.1", ...(localAddress !== undefined && { localAddress }) });
    this.socket.on("data", (data) => {
      this.received += data.toString("latin1");
    });
    this.socket.on("error", () => {}); // Seen as the close that follows.
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
  }

  write(data: string | Uint8Array): this {
    this.socket.write(data);
    return this;
  }

  /** The first status that came, or undefined. */
  get status(): number | undefined {
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(this.received) ?? [];
    return status === undefined ? undefined : Number(status);
  }
}
