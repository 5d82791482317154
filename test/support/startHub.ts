import { createHub, type Hub, type HubOptions } from "../../src/hub/createHub";
import { registeredSchema } from "../../src/protocol/management";
import { paths } from "../../src/protocol/paths";
import { createdRoomSchema } from "../../src/protocol/room";
import { FakeClock } from "./fakeClock";

export interface Answered {
  status: number;
  headers: Headers;
  /** The parsed body; `undefined` where it is empty, the text where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  body: any;
}

/** A hub on a free port, with a clock that the test moves unless it brings its own. */
export class TestHub {
  readonly hub: Hub;
  readonly clock: FakeClock;

  constructor(hub: Hub, clock: FakeClock) {
    this.hub = hub;
    this.clock = clock;
  }

  get url(): string {
    return this.hub.url;
  }

  async ask(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<Answered> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(this.url + path, { method, body: text, ...init });
    const content = await answer.text();
    return { status: answer.status, headers: answer.headers, body: parse(content) };
  }

  /** @returns the new room's code. */
  async makeRoom(body: Record<string, unknown> = { name: "Team" }): Promise<string> {
    const { body: answer } = await this.ask("POST", paths.rooms, body);
    return createdRoomSchema.parse(answer.data).room.code;
  }

  async makeProtectedRoom(body: Record<string, unknown> = {}): Promise<MadeRoom> {
    const { body: answer } = await this.ask("POST", paths.rooms, {
      name: "Team",
      access: "protected",
      ...body,
    });
    const { room, hostToken = "", memberToken = "" } = createdRoomSchema.parse(answer.data);
    return { code: room.code, hostToken, memberToken };
  }

  async register(code: string, id: string, card: Record<string, unknown> = {}, init: RequestInit = {}) {
    const body = { nickname: `nick-${id}`, model: "llama3", endpoint: "http://localhost:11434", ...card };
    const { body: answer } = await this.ask("PUT", paths.participant(code, id), body, init);
    return registeredSchema.parse(answer.data);
  }

  async heartbeat(code: string, id: string, body?: unknown) {
    return (await this.ask("POST", paths.heartbeat(code, id), body)).body.data;
  }

  async participant(code: string, id: string, init: RequestInit = {}) {
    const { body } = await this.ask("GET", paths.participants(code), undefined, init);
    return body.data.find((each: { id: string }) => each.id === id);
  }

  chat(code: string, body: Record<string, unknown> = {}, init: RequestInit = {}): Promise<Response> {
    const request = { model: "*", messages: [{ role: "user", content: "hello" }], ...body };
    return fetch(this.url + paths.chatCompletions(code), {
      method: "POST",
      body: JSON.stringify(request),
      ...init,
    });
  }
}

/** What an answer's maker got to see once. */
export interface MadeRoom {
  readonly code: string;
  readonly hostToken: string;
  /** Of a protected room. */
  readonly memberToken: string;
}

/** The token as a request shows it; a participant's own beside it where there is one. */
export function bearer(token: string, participantToken?: string): { headers: Record<string, string> } {
  const own = participantToken === undefined ? undefined : { "x-participant-token": participantToken };
  return { headers: { authorization: `Bearer ${token}`, ...own } };
}

/** Starts a hub whose rooms are open, as the base's are, for one test; its `close` belongs into that test's `afterEach`. */
export async function startHub(options: HubOptions & { clock?: FakeClock } = {}): Promise<TestHub> {
  const clock = options.clock ?? new FakeClock();
  return new TestHub(await createHub({ port: 0, open: true, ...options, clock }), clock);
}

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text; // Not JSON: the test says whether that is right.
  }
}
