// A process of its own: an OpenAI-compatible provider that does nothing but write, as fast as Node can.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Pacers } from "./pacer";
import { lastEvent, now, type Plan, planIn, stampedEvent, tokenEvent } from "./plan";
import { serveJobs } from "./worker";

/** Enough for what stands before or after a prompt. */
const EDGE_BYTES = 4_096;

/** When something happened, for whoever asks before or after. */
class Moment {
  happen: (at: number) => void = () => {};
  readonly when = new Promise<number>((resolve) => {
    this.happen = resolve;
  });
}

const pacers = new Pacers();
/** By the id of their plan: when their connection was seen to close. */
const closes = new Map<string, Moment>();

const server = createServer((request, response) => {
  if (request.method === "GET") listModels(response);
  else if (request.url === "/v1/chat/completions") receive(request, response);
  // Whoever tries what this provider can is told that it can nothing else.
  else response.writeHead(404).end();
});

function listModels(response: ServerResponse): void {
  const data = Array.from({ length: 64 }, (_, at) => ({ id: `bench-${at}`, object: "model" }));
  response.setHeader("content-type", "application/json").end(JSON.stringify({ object: "list", data }));
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  let head = "";
  let tail = "";
  request.on("data", (data: Buffer) => {
    if (head.length < EDGE_BYTES) head += data.toString("latin1", 0, EDGE_BYTES);
    tail = (tail + data.toString("latin1", Math.max(0, data.byteLength - EDGE_BYTES))).slice(-EDGE_BYTES);
  });
  request.on("end", () => {
    const plan = planIn(head) ?? planIn(tail);
    if (plan) answer(plan, response);
    // A participant asks with an empty body whether there is such a route.
    else response.writeHead(400).end();
  });
  response.on("error", () => {}); // Whoever left is seen by its close.
}

function answer(plan: Plan, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  if (plan.id !== undefined) {
    const { id } = plan;
    response.once("close", () => closeOf(id).happen(now()));
  }
  if (plan.everyMs > 0) pace(plan, response);
  else flood(plan, response);
}

function pace(plan: Plan, response: ServerResponse): void {
  let sent = 1;
  response.write(stampedEvent());
  if (plan.tokens === 1) {
    finish(response);
    return;
  }
  const stop = pacers.add(plan.everyMs, () => {
    response.write(stampedEvent());
    if (++sent !== plan.tokens) return;
    stop();
    finish(response);
  });
  response.once("close", stop);
}

function flood(plan: Plan, response: ServerResponse): void {
  const event = tokenEvent(plan.bytes);
  const end = plan.tokens === 0 ? Number.POSITIVE_INFINITY : plan.tokens;
  let sent = 0;
  const write = () => {
    while (sent < end && !response.destroyed) {
      sent++;
      if (!response.write(event)) {
        response.once("drain", write);
        return;
      }
    }
    finish(response);
  };
  write();
}

function finish(response: ServerResponse): void {
  response.end(lastEvent);
}

function closeOf(id: string): Moment {
  const close = closes.get(id) ?? new Moment();
  closes.set(id, close);
  return close;
}

const jobs = {
  /** @returns the port. */
  listen: () =>
    new Promise<number>((resolve) => {
      server.keepAliveTimeout = 60_000;
      server.listen(0, "127.0.0.1", 4_096, () => resolve((server.address() as AddressInfo).port));
    }),
  /** When the request with this id was seen to end. */
  closeOf: ({ id }: { id: string }) => closeOf(id).when,
};
export type ProviderJobs = typeof jobs;

serveJobs(jobs);
