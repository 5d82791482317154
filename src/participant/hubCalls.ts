import type { z } from "zod";
import { HumanError, type HumanErrorCode } from "../common/humanError";
import {
  failureSchema,
  type Health,
  healthSchema,
  heartbeatResultSchema,
  type Registered,
  registeredSchema,
  successSchema,
} from "../protocol/management";
import type { HeartbeatBody, Registration } from "../protocol/participant";
import { hubUrlFor, paths } from "../protocol/paths";
import { normaliseRoomCode } from "../protocol/room";
import { callHttp, type HttpAnswer, HttpFailure } from "./httpCall";

/** A hub answers from memory; one that needs longer is in trouble, ms. */
const HUB_TIMEOUT_MS = 10_000;
/** A card is some KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Of a hub's own words in an error. */
const MAX_HUB_WORDS = 300;

/** The management calls that a participant needs, for one id in one room. Every method throws HumanError. */
export class HubCalls {
  readonly hubUrl: string;

  /** @throws HumanError INVALID_INPUT where it is not an http(s) URL. */
  constructor(
    hubUrl: string,
    readonly roomCode: string,
    readonly participantId: string,
  ) {
    const url = URL.canParse(hubUrl) ? new URL(hubUrl) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) {
      throw new HumanError(
        "INVALID_INPUT",
        "That is not the address of a hub.",
        "Give an http or https URL, for example http://localhost:5567.",
      );
    }
    this.hubUrl = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  }

  /** The additions that this hub knows; none on a plain Gambi hub. */
  async features(signal?: AbortSignal): Promise<readonly string[]> {
    const health: Health = await this.#call("GET", paths.health, healthSchema, { signal });
    return health.hub?.features ?? [];
  }

  register(registration: Registration, signal?: AbortSignal): Promise<Registered> {
    return this.#call("PUT", this.#path, registeredSchema, { body: registration, signal });
  }

  /** @param body only for a hub that knows it. */
  async heartbeat(body: HeartbeatBody | undefined, signal?: AbortSignal): Promise<void> {
    const path = paths.heartbeat(this.roomCode, this.participantId);
    await this.#call("POST", path, heartbeatResultSchema, { body, signal });
  }

  async leave(timeoutMs: number): Promise<void> {
    await this.#send("DELETE", this.#path, { timeoutMs });
  }

  /** The tunnel's address, token included: never to be logged. Always at the hub that we were told of. */
  tunnelUrl(tunnel: Registered["tunnel"]): string {
    const own = new URL(hubUrlFor(this.hubUrl, paths.tunnel(this.roomCode, this.participantId)));
    const told = URL.canParse(tunnel.url) ? new URL(tunnel.url) : own;
    // A hub behind a proxy, or listening on every address, names itself by an address that may not be ours.
    const url = told.host === own.host ? told : own;
    const secure = own.protocol === "https:";
    const address = new URL(`${secure ? "wss" : "ws"}://${own.host}${url.pathname}`);
    address.searchParams.set("token", tunnel.token);
    return address.href;
  }

  get #path(): string {
    return paths.participant(this.roomCode, this.participantId);
  }

  async #call<T>(
    method: "GET" | "PUT" | "POST",
    path: string,
    schema: z.ZodType<T>,
    options: { body?: unknown; signal?: AbortSignal | undefined },
  ): Promise<T> {
    const answer = await this.#send(method, path, options);
    const parsed = successSchema(schema).safeParse(answer.json);
    if (answer.status >= 200 && answer.status < 300 && parsed.success) return parsed.data.data;
    throw this.#refusal(answer);
  }

  async #send(
    method: "GET" | "PUT" | "POST" | "DELETE",
    path: string,
    options: { body?: unknown; signal?: AbortSignal | undefined; timeoutMs?: number },
  ): Promise<HttpAnswer> {
    try {
      return await callHttp({
        url: hubUrlFor(this.hubUrl, path),
        method,
        ...(options.body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(options.body) }),
        timeoutMs: options.timeoutMs ?? HUB_TIMEOUT_MS,
        maxBytes: MAX_ANSWER_BYTES,
        signal: options.signal,
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  #refusal({ status, contentType, json }: HttpAnswer): HumanError {
    const host = new URL(this.hubUrl).host;
    const failure = failureSchema.safeParse(json).data?.error;
    if (status >= 300 && status < 400)
      return new HumanError(
        "NOT_A_HUB",
        `${host} redirects to another address.`,
        "Give the address that it redirects to.",
      );
    if (!failure) {
      const what = contentType.includes("html") ? "a web page" : `something else (status ${status})`;
      return new HumanError(
        "NOT_A_HUB",
        `${host} is no hub: it answers ${what}.`,
        "Check the hub's address.",
      );
    }
    const code = normaliseRoomCode(this.roomCode);
    const known: Partial<Record<string, [HumanErrorCode, string, string]>> = {
      ROOM_NOT_FOUND: [
        "ROOM_NOT_FOUND",
        `There is no room ${code} on ${host}.`,
        "Check the code; a hub forgets its rooms when it restarts.",
      ],
      INVALID_PASSWORD: [
        "WRONG_PASSWORD",
        "The room's password is wrong.",
        "Ask whoever made the room for it.",
      ],
      PARTICIPANT_NOT_FOUND: [
        "PARTICIPANT_NOT_FOUND",
        "The hub does not know this participant any more.",
        "It registers again by itself.",
      ],
    };
    const [errorCode, message, hint] = known[failure.code] ?? [
      "HUB_REFUSED" as const,
      `The hub refused: ${failure.message.slice(0, MAX_HUB_WORDS)}`,
      failure.hint?.slice(0, MAX_HUB_WORDS) ?? "See the hub's log.",
    ];
    return new HumanError(errorCode, message, hint);
  }

  #unreachable(cause: unknown): HumanError {
    const host = new URL(this.hubUrl).host;
    const reason = cause instanceof HttpFailure ? cause.reason : "broken";
    const message = {
      refused: `Nothing answers at ${host}.`,
      unknownHost: `There is no host for ${host}.`,
      timedOut: `The hub at ${host} does not answer.`,
      certificate: `The certificate of ${host} is not trusted.`,
      tooLarge: `${host} is no hub: it sends more than a hub does.`,
      broken: `The connection to ${host} broke.`,
      aborted: "The call to the hub was cancelled.",
    }[reason];
    const code = reason === "tooLarge" ? "NOT_A_HUB" : "HUB_UNREACHABLE";
    return new HumanError(code, message, "Check that the hub runs and its address is right.", { cause });
  }
}
