// A process of its own: the least that a relay in Node can do. A frame in, the same bytes out, nothing else; to idle
// participants the answers that they wait for; or no more than what comes on a socket out on another.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { encodeFrame } from "../../src/protocol/frames";
import { serveJobs } from "./worker";

const tunnels: WebSocket[] = [];
const answers = new Map<number, ServerResponse>();
let lastNumber = 0;

const server = createServer((request, response) => {
  if (request.url?.startsWith("/v1/rooms/")) manage(request, response);
  else void relay(request, response);
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  tunnels.push(socket);
  socket.on("error", () => {}); // Its requesters see that nothing more comes.
  socket.on("message", (data: Buffer, isBinary) => (isBinary ? pass(data) : take(socket, data)));
});

/** A token's path: one write of a chunk's length, bytes and end. */
function pass(frame: Buffer): void {
  const socket = answers.get(frame.readUInt32BE())?.socket;
  const bytes = frame.subarray(4);
  const size = `${bytes.byteLength.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(size.length + bytes.byteLength + 2);
  chunk.write(size, "latin1");
  chunk.set(bytes, size.length);
  chunk.write("\r\n", size.length + bytes.byteLength, "latin1");
  socket?.write(chunk);
}

function take(socket: WebSocket, data: Buffer): void {
  const { type, requestId } = JSON.parse(data.toString());
  const response = answers.get(Number(requestId));
  if (type === "tunnel.ping") socket.send(`{"type":"tunnel.pong","timestamp":${Date.now()}}`);
  else if (type === "tunnel.response.start") {
    response?.writeHead(200, { "content-type": "text/event-stream" });
    response?.flushHeaders();
  } else if (type === "tunnel.response.end") {
    answers.delete(Number(requestId));
    response?.end();
  }
}

/** A registration or a heartbeat: whatever it says is fine. */
function manage(request: IncomingMessage, response: ServerResponse): void {
  request.on("data", () => {});
  request.on("end", () => {
    const tunnel = { url: `ws://${request.headers.host}/`, token: "any" };
    const body = JSON.stringify({ data: { tunnel } });
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
}

async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const n = ++lastNumber;
  answers.set(n, response);
  const tunnel = tunnels[n % tunnels.length];
  tunnel?.send(JSON.stringify({ type: "tunnel.request", requestId: String(n), n }));
  tunnel?.send(encodeFrame(n, Buffer.concat(pieces)));
}

const jobs = {
  /** @returns the port. */
  listen: () =>
    new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", 4_096, () => resolve((server.address() as AddressInfo).port));
    }),

  /** Whoever connects is connected to that port. @returns the own port. */
  pipe: ({ port }: { port: number }) =>
    new Promise<number>((resolve) => {
      const pipes = createTcpServer({ noDelay: true }, (near) => {
        const far = connect({ port, host: "127.0.0.1", noDelay: true });
        near.pipe(far).pipe(near);
        near.on("error", () => far.destroy()).on("close", () => far.destroy());
        far.on("error", () => near.destroy());
      });
      pipes.listen(0, "127.0.0.1", () => resolve((pipes.address() as AddressInfo).port));
    }),
};
export type FloorJobs = typeof jobs;

serveJobs(jobs);
