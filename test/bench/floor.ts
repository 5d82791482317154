// A process of its own: the least that a relay in Node can do. A frame in, the same bytes out, nothing else; to idle
// participants the answers that they wait for; the least of a participant; or no more than what comes on a socket out on another.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { encodeFrame } from "../../src/protocol/frames";
import { DIRECT_PATH } from "./exchange";
import { serveJobs } from "./worker";

const tunnels: { socket: WebSocket; stream: Socket }[] = [];
const answers = new Map<number, ServerResponse>();
let lastNumber = 0;

const server = createServer((request, response) => {
  if (request.url?.startsWith("/v1/rooms/")) manage(request, response);
  else relay(request, response);
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket, { socket: stream }) => {
  tunnels.push({ socket, stream });
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
    together(response?.socket);
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

function relay(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const n = ++lastNumber;
    answers.set(n, response);
    const tunnel = tunnels[n % tunnels.length];
    together(tunnel?.stream);
    tunnel?.socket.send(JSON.stringify({ type: "tunnel.request", requestId: String(n), n }));
    tunnel?.socket.send(encodeFrame(n, Buffer.concat(pieces)));
  });
}

/** What is written in this turn leaves in one write. */
function together(stream: Socket | null | undefined): void {
  stream?.cork();
  process.nextTick(() => stream?.uncork());
}

const toProvider = new Agent({ keepAlive: true });

/** A participant's part in a request that came in a frame. */
function ask(tunnel: WebSocket, stream: Socket | undefined, frame: Buffer, port: number): void {
  const n = frame.readUInt32BE();
  const requestId = String(n);
  const body = frame.subarray(4);
  const headers = { "content-type": "application/json", "content-length": body.byteLength };
  const where = { agent: toProvider, host: "127.0.0.1", port, path: DIRECT_PATH, method: "POST", headers };
  const call = request(where, (answer) => {
    together(stream);
    tunnel.send(JSON.stringify({ type: "tunnel.response.start", requestId }));
    answer.on("data", (piece: Buffer) => tunnel.send(encodeFrame(n, piece)));
    answer.on("end", () => tunnel.send(JSON.stringify({ type: "tunnel.response.end", requestId })));
  });
  call.on("error", () => tunnel.terminate()); // Its requesters see that nothing comes.
  call.end(body);
}

const jobs = {
  /** @returns the port. */
  listen: () =>
    new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", 4_096, () => resolve((server.address() as AddressInfo).port));
    }),

  /** Serves a bare relay with a provider. Resolves when it is connected. */
  participate: ({ port, providerPort }: { port: number; providerPort: number }) =>
    new Promise<void>((resolve) => {
      const generateMask = (mask: Buffer) => mask.fill(0);
      const tunnel = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false, generateMask });
      let stream: Socket | undefined;
      tunnel.on("upgrade", ({ socket }) => {
        stream = socket;
      });
      tunnel.on("error", () => {});
      tunnel.on("message", (data: Buffer, isBinary) => {
        if (isBinary) ask(tunnel, stream, data, providerPort);
      });
      tunnel.on("open", resolve);
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
