import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { type Clock, systemClock } from "../common/clock";
import { MAX_BODY_BYTES } from "../protocol/constants";
import { completionOf, demoChatSchema, lastQuestion, sendWhole, streamCompletion } from "./demoCompletion";

export interface DemoProviderOptions {
  models: readonly string[];
  /** What to say to a question, in Markdown. */
  answer: (question: string, model: string) => Promise<string>;
  clock?: Clock;
}

/** An OpenAI-compatible server on loopback that has no model and says so. */
export interface DemoProvider {
  /** Without `/v1`. */
  readonly endpoint: string;
  close(): Promise<void>;
}

export async function startDemoProvider(options: DemoProviderOptions): Promise<DemoProvider> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => {
      // The requester went away or sent a broken body; nothing of the demo depends on it.
      response.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: DemoProviderOptions,
): Promise<void> {
  const route = `${request.method} ${request.url?.split("?")[0]}`;
  if (route === "GET /v1/models") return sendJson(response, 200, modelList(options.models));
  if (route !== "POST /v1/chat/completions") {
    return sendError(response, 404, `The demo has no route ${route}.`);
  }
  const body = await readBody(request);
  if (body === undefined) return sendError(response, 413, "The body is too large.");
  const parsed = demoChatSchema.safeParse(parseJson(body));
  if (!parsed.success) return sendError(response, 400, z.prettifyError(parsed.error));
  const chat = parsed.data;
  if (!options.models.includes(chat.model)) {
    return sendError(response, 404, `The demo has no model "${chat.model.slice(0, 200)}".`);
  }
  const text = await options.answer(lastQuestion(chat), chat.model);
  const completion = completionOf(chat, text);
  await (chat.stream ? streamCompletion : sendWhole)(response, completion, options.clock ?? systemClock);
}

function modelList(models: readonly string[]): unknown {
  return {
    object: "list",
    data: models.map((id) => ({ id, object: "model", created: 0, owned_by: "llm-rooms-demo" })),
  };
}

function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message, type: "invalid_request_error", code: null, param: null } });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it and says so to the requester.
    return undefined;
  }
}

/** Undefined where it is over the limit. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString("utf8");
}
