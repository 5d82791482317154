import { z } from "zod";
import { HumanError } from "../common/humanError";
import { MAX_LISTED_BYTES } from "../protocol/constants";
import { successSchema } from "../protocol/management";
import { Deadline } from "./deadline";
import { hubRefusal, notAHub } from "./hubRefusal";
import { callHub, type HubTransport, parseJson, readBounded } from "./hubTransport";
import { hostOf, networkError } from "./networkError";

/** A management call answers within this, ms, its whole body included. */
const MANAGEMENT_TIMEOUT_MS = 10_000;
/** No list of rooms or participants is longer, bytes. */
const MAX_MANAGEMENT_BYTES = MAX_LISTED_BYTES;

export interface JsonCall {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

export interface ManagementCall<T extends z.ZodType> extends JsonCall {
  /** What stands in `data` of a success. */
  data: T;
}

/** One call of the management plane. @throws HumanError, or the signal's reason where it aborted. */
export async function hubRequest<T extends z.ZodType>(
  transport: HubTransport,
  call: ManagementCall<T>,
): Promise<z.output<T>> {
  const { status, value, retryAfter } = await fetchJson(transport, call);
  if (status >= 400) throw hubRefusal(status, value, retryAfter);
  const envelope = successSchema(z.unknown()).safeParse(value);
  const parsed = call.data.safeParse(envelope.data?.data);
  if (!parsed.success) throw notAHub(transport.hubUrl, "something else");
  return parsed.data;
}

/** Status and JSON of one answer; the value is undefined only where a failing hub sent no JSON. @throws as hubRequest. */
export async function fetchJson(
  transport: HubTransport,
  call: JsonCall,
): Promise<{ status: number; value: unknown; retryAfter: string }> {
  const { method = "GET", path, timeoutMs = MANAGEMENT_TIMEOUT_MS } = call;
  const deadline = new Deadline(transport.clock, call.signal);
  deadline.arm(timeoutMs, () => timeoutError(transport.hubUrl, timeoutMs));
  try {
    const { signal } = deadline;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const answer = await callHub(transport, { method, path, body, signal });
    const text = await readAnswer(transport, answer.body, signal);
    const value = parseJson(text);
    if (value === undefined && answer.status < 500) throw notAHub(transport.hubUrl, kindOf(text));
    return { status: answer.status, value, retryAfter: answer.header("retry-after") };
  } finally {
    deadline.dispose();
  }
}

async function readAnswer(
  { hubUrl }: HubTransport,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<string> {
  let text: string | undefined;
  try {
    text = await readBounded(body, MAX_MANAGEMENT_BYTES);
  } catch (error) {
    throw signal.aborted ? signal.reason : networkError(error, hubUrl);
  }
  if (text === undefined) throw notAHub(hubUrl, `more than ${MAX_MANAGEMENT_BYTES / 1024 / 1024} MiB`);
  return text;
}

function kindOf(text: string): string {
  return /^\s*</.test(text) ? "a web page" : "something that is not JSON";
}

function timeoutError(hubUrl: string, timeoutMs: number): HumanError {
  const hint = "Check that the hub runs and that no firewall is between, then try again.";
  return new HumanError("TIMED_OUT", `${hostOf(hubUrl)} did not answer within ${timeoutMs / 1_000} s.`, hint);
}
