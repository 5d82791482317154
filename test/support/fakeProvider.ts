import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Disposable } from "../../src/common/disposable";
import { Emitter, type Event } from "../../src/common/event";
import { answerChat, answerCompletion, answerEmbeddings, answerResponses } from "./fakeProviderAnswers";
import { type FakeCall, sendJson } from "./fakeProviderCall";
import { answerFlavour, modelList } from "./fakeProviderFlavours";

/**
 * A FAKE provider: a real HTTP server on 127.0.0.1 that behaves like an OpenAI-compatible one but has no model. What a
 * model does is in its name: `stalls`, or anything ending in `:stalls`, `-stalls` or `/stalls`. See fakeProviderCall.ts.
 */
export interface FakeProvider extends Disposable {
  /** Without `/v1` and without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Every request that arrived, in order. */
  readonly requests: readonly FakeRequest[];
  /** Fires when a request has been read whole, before it is answered. */
  readonly onRequest: Event<FakeRequest>;
  /** Connections that are open right now. */
  readonly openSockets: number;
  /** The first request, past or future, on this path (or that fits). Rejects after `timeoutMs`. */
  waitForRequest(
    match: string | ((request: FakeRequest) => boolean),
    timeoutMs?: number,
  ): Promise<FakeRequest>;
  /** Lets every `holds` answer, running or to come, finish. */
  release(): void;
  /** Drops all connections and stops listening. */
  close(): Promise<void>;
}

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where it was JSON, else undefined. */
  readonly body: Record<string, unknown> | undefined;
  readonly bodyBytes: number;
  /** The caller closed the connection before the answer was complete. */
  readonly aborted: boolean;
  /** The answer was sent whole. */
  readonly finished: boolean;
  /** Bytes of the answer handed to the socket so far. */
  readonly bytesSent: number;
  /** Resolves once the answer is either finished or aborted. */
  readonly ended: Promise<void>;
}

export type FakeFlavour = "ollama" | "lmstudio" | "llamacpp" | "vllm" | "localai" | "openai";

export interface FakeProviderOptions {
  /** Default one, `llama3:8b`, that answers at once. Any other name in a request is answered with 404. */
  models?: readonly string[];
  /** Which provider's own routes it has beside `/v1`. Default "ollama". */
  flavour?: FakeFlavour;
  /** Where given, every `/v1` route wants it as Bearer. */
  apiKey?: string;
  /** Default: as fast as the socket takes them. */
  tokensPerSecond?: number;
  /** Whether `/v1/responses` exists. Default false. */
  responses?: boolean;
  /** 0 picks a free one. */
  port?: number;
  /** What plain models answer. */
  answer?: (body: Record<string, unknown>) => string;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const WAIT_MS = 30_000;

class RecordedRequest implements FakeRequest {
  aborted = false;
  finished = false;
  bytesSent = 0;
  readonly ended: Promise<void>;

  constructor(
    readonly method: string,
    readonly path: string,
    readonly headers: IncomingHttpHeaders,
    readonly body: Record<string, unknown> | undefined,
    readonly bodyBytes: number,
    response: ServerResponse,
  ) {
    this.ended = new Promise((resolve) => {
      response.once("close", () => {
        this.finished = response.writableFinished;
        this.aborted = !response.writableFinished;
        resolve();
      });
    });
  }
}

/** Starts a fake provider on a free port of 127.0.0.1. */
export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const requests: RecordedRequest[] = [];
  const arrived = new Emitter<FakeRequest>();
  const released = new AbortController();
  const models = options.models ?? ["llama3:8b"];
  const flavour = options.flavour ?? "ollama";

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await readBody(incoming);
    const path = incoming.url ?? "/";
    const body = parseObject(bytes);
    const record = new RecordedRequest(
      incoming.method ?? "GET",
      path,
      incoming.headers,
      body,
      bytes.byteLength,
      response,
    );
    requests.push(record);
    arrived.fire(record);
    const call: FakeCall = { record, response, models, options, released: released.signal };
    await route(call, flavour);
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      // The caller left, which each behaviour may meet anywhere; everything else is a bug of the fake.
      if (!response.destroyed) response.destroy(error instanceof Error ? error : undefined);
    });
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      released.abort();
      server.close();
      server.closeAllConnections();
      // A socket says `close` just after the server has counted it out.
      await Promise.all([...sockets].map((socket) => once(socket, "close")));
    })();
    return closing;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    onRequest: arrived.event,
    get openSockets() {
      return sockets.size;
    },
    waitForRequest: (match, timeoutMs = WAIT_MS) => waitFor(requests, arrived.event, match, timeoutMs),
    release: () => released.abort(),
    close,
    dispose: () => void close(),
  };
}

async function route(call: FakeCall, flavour: FakeFlavour): Promise<void> {
  const { record, options } = call;
  const path = record.path.split("?")[0] ?? "";
  if (
    path.startsWith("/v1/") &&
    options.apiKey &&
    record.headers.authorization !== `Bearer ${options.apiKey}`
  )
    return sendJson(call, 401, {
      error: { message: "Incorrect API key provided.", code: "invalid_api_key" },
    });
  if (path === "/v1/models") return sendJson(call, 200, modelList(flavour, call.models));
  if (path === "/v1/chat/completions" && record.method === "POST") return answerChat(call);
  if (path === "/v1/completions" && record.method === "POST") return answerCompletion(call);
  if (path === "/v1/embeddings" && record.method === "POST") return answerEmbeddings(call);
  if (path.startsWith("/v1/responses") && options.responses) return answerResponses(call, path);
  // Dangerous on a real Ollama: here it is only recorded that somebody got this far.
  if (path === "/api/delete") return sendJson(call, 200, {});
  return answerFlavour(call, flavour, path);
}

function waitFor(
  past: readonly FakeRequest[],
  arrived: Event<FakeRequest>,
  match: string | ((request: FakeRequest) => boolean),
  timeoutMs: number,
): Promise<FakeRequest> {
  const fits = typeof match === "string" ? (request: FakeRequest) => request.path === match : match;
  const found = past.find(fits);
  if (found) return Promise.resolve(found);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error(`no such request: ${match}`))), timeoutMs);
    const subscription = arrived((request) => {
      if (fits(request)) finish(() => resolve(request));
    });
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      subscription.dispose();
      settle();
    };
  });
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming) {
    size += (piece as Buffer).byteLength;
    if (size > MAX_BODY_BYTES) throw new Error("body too large for the fake");
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: the routes decide what to say to that.
    return undefined;
  }
}
