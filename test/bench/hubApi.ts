import { Agent, request } from "node:http";
import { paths } from "../../src/protocol/paths";

/** Participants and watchers come from so many addresses of loopback, as from machines of their own. */
const ADDRESSES = 200;

const agents = new Map<string, Agent>();

/** An address of loopback for the `at`th of a crowd. */
export function addressOf(at: number): string {
  return `127.0.0.${2 + (at % ADDRESSES)}`;
}

export interface HubAddress {
  port: number;
  code: string;
}

interface Call {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  body?: unknown;
  token?: string;
  localAddress?: string;
}

/** A call of the management plane on a connection that is kept, one per address. @returns `data`. */
export function manage<T>(port: number, { method, path, body, token, localAddress }: Call): Promise<T> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    host: `127.0.0.1:${port}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const where = { port, host: "127.0.0.1", localAddress, agent: agentFor(localAddress ?? "") };
  return new Promise((resolve, reject) => {
    const call = request({ ...where, method, path, headers }, (response) => {
      let answer = "";
      response.setEncoding("utf8").on("data", (data: string) => {
        answer += data;
      });
      response.once("end", () => {
        if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(answer).data);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`));
      });
    });
    call.once("error", reject);
    call.end(text);
  });
}

interface Registered {
  tunnel: { url: string; token: string };
  participantToken?: string;
}

export function register({ port, code }: HubAddress, id: string, card: object, localAddress?: string) {
  const body = { nickname: id, model: "bench", endpoint: "http://127.0.0.1:11434", ...card };
  return manage<Registered>(port, { method: "PUT", path: paths.participant(code, id), body, localAddress });
}

/** @returns the new room's code. */
export async function makeRoom(port: number): Promise<string> {
  const body = { name: "Bench", access: "open" };
  return (await manage<{ room: { code: string } }>(port, { method: "POST", path: paths.rooms, body })).room
    .code;
}

function agentFor(address: string): Agent {
  const agent = agents.get(address) ?? new Agent({ keepAlive: true, maxSockets: 1 });
  agents.set(address, agent);
  return agent;
}
