import { normaliseRoomCode } from "./room";

/** A stranger's id or code may hold half a letter, which no URL takes: it names nothing that a hub of ours has. */
const encode = (part: string) => encodeURIComponent(part.replace(/\p{Cs}/gu, "\ufffd"));

/** Every path of the wire, built in one place; ids and codes are percent-encoded. */
const room = (code: string) => `/v1/rooms/${encode(normaliseRoomCode(code))}`;
const participant = (code: string, id: string) => `${room(code)}/participants/${encode(id)}`;
const inference = (code: string) => `/rooms/${encode(normaliseRoomCode(code))}/v1`;

export const paths = {
  health: "/v1/health",
  metrics: "/metrics",
  rooms: "/v1/rooms",
  room,
  /** Ours: a password for the member token. */
  roomToken: (code: string) => `${room(code)}/token`,
  /** Ours: the host's rotation of it. */
  memberToken: (code: string) => `${room(code)}/member-token`,
  participants: (code: string) => `${room(code)}/participants`,
  participant,
  heartbeat: (code: string, id: string) => `${participant(code, id)}/heartbeat`,
  tunnel: (code: string, id: string) => `${participant(code, id)}/tunnel`,
  events: (code: string) => `${room(code)}/events`,
  /** What an OpenAI client takes as its base URL, after the hub's own. */
  inference,
  models: (code: string) => `${inference(code)}/models`,
  chatCompletions: (code: string) => `${inference(code)}/chat/completions`,
  completions: (code: string) => `${inference(code)}/completions`,
  embeddings: (code: string) => `${inference(code)}/embeddings`,
  responses: (code: string) => `${inference(code)}/responses`,
  cancelResponse: (code: string, id: string) => `${inference(code)}/responses/${encode(id)}/cancel`,
} as const;

/** `path` under the hub's URL, which may itself stand below a path of a reverse proxy. */
export function hubUrlFor(hubUrl: string, path: string): string {
  return `${hubUrl.replace(/\/+$/, "")}${path}`;
}
