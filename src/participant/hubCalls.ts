import type { Dispatcher } from "undici";
import type { z } from "zod";
import { HumanError, type HumanErrorCode } from "../common/humanError";
import { certificateError } from "../net/certificateError";
import { makeHubDispatcher } from "../net/hubDispatcher";
import {
  type Failure,
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
import { ParticipantTokens, type TokenOptions } from "./ownership";

/** A hub answers from memory; one that needs longer is in trouble, ms. */
const HUB_TIMEOUT_MS = 10_000;
/** A card is some KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Of a hub's own words in an error. */
const MAX_HUB_WORDS = 300;

/** Refusals that another token may turn into a welcome. */
const NOT_ALLOWED: readonly string[] = ["UNAUTHORIZED", "FORBIDDEN"];

export interface HubCallsOptions extends TokenOptions {
  hubUrl: string;
  /** Of the hub's certificate, where it is pinned. */
  fingerprint?: string | undefined;
  roomCode: string;
  participantId: string;
}

interface SendOptions {
  body?: unknown;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  /** A secret. */
  token?: string | undefined;
}

/** The management calls that a participant needs, for one id in one room. Every method throws HumanError. */
export class HubCalls {
  readonly hubUrl: string;
  readonly roomCode: string;
  readonly participantId: string;
  readonly fingerprint: string | undefined;
  readonly #tokens: ParticipantTokens;
  readonly #dispatcher: Dispatcher | undefined;

  /** @throws HumanError INVALID_INPUT where it is not an http(s) URL. */
  constructor({ hubUrl, fingerprint, roomCode, participantId, ...tokens }: HubCallsOptions) {
    this.roomCode = roomCode;
    this.participantId = participantId;
    this.fingerprint = fingerprint;
    this.#tokens = new ParticipantTokens(tokens);
    this.#dispatcher = fingerprint === undefined ? undefined : makeHubDispatcher(fingerprint);
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

  /** Proves that the id is ours where we can, and keeps what the hub gives us to prove it by the next time. */
  async register(registration: Registration, signal?: AbortSignal): Promise<Registered> {
    const tokens = await this.#tokens.candidates();
    for (const [at, token] of tokens.entries()) {
      const answer = await this.#send("PUT", this.#path, { body: registration, signal, token });
      const isLast = at === tokens.length - 1;
      if (!isLast && NOT_ALLOWED.includes(failureIn(answer)?.code ?? "")) continue;
      const registered = this.#read(answer, registeredSchema);
      await this.#tokens.registered(token, registered.participantToken);
      return registered;
    }
    throw new TypeError("There is always something to register with.");
  }

  /** @param body only for a hub that knows it. */
  async heartbeat(body: HeartbeatBody | undefined, signal?: AbortSignal): Promise<void> {
    const path = paths.heartbeat(this.roomCode, this.participantId);
    await this.#call("POST", path, heartbeatResultSchema, { body, signal, token: this.#tokens.current });
  }

  async leave(timeoutMs: number): Promise<void> {
    await this.#send("DELETE", this.#path, { timeoutMs, token: this.#tokens.current });
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
    options: SendOptions,
  ): Promise<T> {
    return this.#read(await this.#send(method, path, options), schema);
  }

  #read<T>(answer: HttpAnswer, schema: z.ZodType<T>): T {
    const parsed = successSchema(schema).safeParse(answer.json);
    if (answer.status >= 200 && answer.status < 300 && parsed.success) return parsed.data.data;
    throw this.#refusal(answer);
  }

  async #send(
    method: "GET" | "PUT" | "POST" | "DELETE",
    path: string,
    { body, signal, token, timeoutMs = HUB_TIMEOUT_MS }: SendOptions,
  ): Promise<HttpAnswer> {
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    try {
      return await callHttp({
        url: hubUrlFor(this.hubUrl, path),
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
        signal,
        dispatcher: this.#dispatcher,
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  #refusal(answer: HttpAnswer): HumanError {
    const { status, contentType } = answer;
    const host = new URL(this.hubUrl).host;
    const failure = failureIn(answer);
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
        "Check the code; a hub without --data forgets its rooms when it restarts.",
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
      UNAUTHORIZED: [
        "UNAUTHORIZED",
        `${host} has no room ${code} that is open to you.`,
        "Ask whoever made the room for a new invite.",
      ],
      FORBIDDEN: [
        "HUB_REFUSED",
        "This machine's model is shared in this room already, by another user or another copy of this machine.",
        "Stop it there, or ask the room's host to remove it; then share again.",
      ],
      HUB_CLOSING: ["HUB_UNREACHABLE", `The hub at ${host} is closing.`, "It is tried again by itself."],
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
    if (cause instanceof HttpFailure && cause.cause instanceof HumanError) return cause.cause;
    const untrusted = cause instanceof HttpFailure && certificateError(host, cause.code, cause);
    if (untrusted) return untrusted;
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
    const hint = "Check that the hub runs and its address is right.";
    return new HumanError(code, message, hint, { cause });
  }
}

function failureIn({ json }: HttpAnswer): Failure["error"] | undefined {
  return failureSchema.safeParse(json).data?.error;
}
