import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire between a client and a port of this machine, which a test can cut and mend. */
export interface CuttableLine {
  /** What the client is told instead of the real address. */
  readonly url: string;
  /** Breaks every connection and accepts none. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param onAnswer sees what comes back from the port, in pieces */
export async function openCuttableLine(
  port: number,
  onAnswer: (bytes: Buffer) => void = () => {},
): Promise<CuttableLine> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // Either end may break at any time: that is what the line is for.
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((near) => {
    keep(near);
    if (isCut) return near.destroy();
    const far = keep(connect(port, "127.0.0.1"));
    near.pipe(far).pipe(near);
    far.on("data", onAnswer);
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
    return near;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      breakAll();
    },
    mend: () => {
      isCut = false;
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      breakAll();
      await closed;
    },
  };
}
