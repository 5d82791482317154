import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { makeCertificate } from "../../src/cli/makeCertificate";
import { fingerprintOf } from "../../src/hub/certificate";

/** Stands between a hub and whoever calls it: passes connections on unread, or answers them by a certificate of its own. */
export class ManInTheMiddle {
  /** All that callers sent once they had taken its certificate. */
  plaintext = "";
  /** Connections that it answered itself, handshake finished or not. */
  intercepted = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #intercepts: (connection: number) => boolean = () => false;
  #connections = 0;

  private constructor(
    tls: Server,
    /** Of its own certificate. */
    readonly fingerprint: string,
    hubPort: number,
  ) {
    this.#server = createServer((socket) => {
      this.#keep(socket);
      this.#connections++;
      if (this.#intercepts(this.#connections)) {
        this.intercepted++;
        tls.emit("connection", socket);
        return;
      }
      const onward = this.#keep(connect(hubPort, "127.0.0.1"));
      socket.pipe(onward).pipe(socket);
    });
  }

  static async start(hubPort: number): Promise<ManInTheMiddle> {
    const identity = await makeCertificate([], Date.now());
    const tls = createTlsServer(identity, (socket) => {
      socket.on("data", (data) => {
        man.plaintext += data.toString("latin1");
      });
      socket.on("error", () => {}); // A caller that leaves is what the tests want.
    });
    const man = new ManInTheMiddle(tls, fingerprintOf(identity), hubPort);
    man.#server.listen(0, "127.0.0.1");
    await once(man.#server, "listening");
    return man;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Which connections it answers itself from now on, counted from 1. */
  intercept(which: (connection: number) => boolean): void {
    this.#connections = 0;
    this.#intercepts = which;
  }

  /** Ends what is open, so that callers come back. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}
