import { isRecord } from "../common/isRecord";
import {
  chatRequestSchema,
  completionRequestSchema,
  embeddingsRequestSchema,
  responsesRequestSchema,
} from "../protocol/inference";
import { type TunnelOperation, type TunnelRequest, tunnelOperations } from "../protocol/tunnel";
import { type LimitName, limitTokens } from "./tokenLimit";
import type { Refusal } from "./tunnelAnswer";
import { unwantedField } from "./unwantedField";

export type Checked<T> =
  | { readonly valid: true; readonly value: T }
  | { readonly valid: false; readonly refusal: Refusal };

/** What a request may do, whatever its hub wrote into it. */
export interface AllowedRequest {
  readonly operation: TunnelOperation;
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query for the provider, dot segments and all else refused. */
  readonly path: string;
  /** Whether it makes the model work, and so takes one of the participant's places. */
  readonly generates: boolean;
  /** Of the operations on an earlier response. */
  readonly responseId: string | undefined;
}

/** Pure. Operation, method and path must all be ones that we offer, and mean the same. */
export function checkRequest({ operation, method, path }: TunnelRequest): Checked<AllowedRequest> {
  if (!isOperation(operation))
    return refuse(404, "operation_not_offered", "This participant does not offer that operation.");
  const allowed = tunnelOperations[operation];
  if (method !== allowed.method || !allowed.path.test(path) || !isPlainPath(path))
    return refuse(403, "path_not_allowed", "This participant does not serve that path.");
  const responseId = /^\/v1\/responses\/([^/?]+)/.exec(path)?.[1];
  const generates = isGenerating(operation);
  return { valid: true, value: { operation, method, path, generates, responseId } };
}

/** What makes the model work: how its body looks, and its name for the limit of tokens. */
const generating = {
  "chat.completions.create": { schema: chatRequestSchema, limit: "max_tokens" },
  "completions.create": { schema: completionRequestSchema, limit: "max_tokens" },
  "embeddings.create": { schema: embeddingsRequestSchema, limit: undefined },
  "responses.create": { schema: responsesRequestSchema, limit: "max_output_tokens" },
} as const;
export type GeneratingOperation = keyof typeof generating;

export function isGenerating(operation: TunnelOperation): operation is GeneratingOperation {
  return Object.hasOwn(generating, operation);
}

/** The participant's own limits, applied to every body. */
export interface BodyLimits {
  /** Put in place of whatever the request names. */
  readonly model: string;
  readonly maxTokens: number | undefined;
  /** OpenAI itself: of two names for the limit of tokens in a chat it takes one, and for newer models only the newer. */
  readonly isOpenAi?: boolean;
}

/** A body that the provider may get, once these fields are set in it: our model, and what our limits make of others. */
export interface CheckedBody {
  readonly value: Record<string, unknown>;
  readonly fields: Record<string, unknown>;
}

/** Pure. The body as far as it was read; unknown fields pass through. */
export function checkBody(
  operation: GeneratingOperation,
  body: unknown,
  limits: BodyLimits,
): Checked<CheckedBody> {
  if (!isRecord(body)) return refuse(400, "invalid_body", "The body must be a JSON object.");
  const own = { ...body, model: limits.model };
  const { schema } = generating[operation];
  const unwanted = unwantedField(body);
  if (unwanted) return refuse(400, unwanted.code, unwanted.message);
  const parsed = schema.safeParse(own);
  if (!parsed.success) {
    // The path of the field only: its value may be a prompt.
    const field = parsed.error.issues[0]?.path.join(".") || "body";
    return refuse(400, "invalid_body", `The body's field ${JSON.stringify(field)} is not as it should be.`);
  }
  const limited = limitTokens(own, limitName(operation, limits), limits.maxTokens);
  if (!limited)
    return refuse(
      400,
      "too_many_answers",
      "It asks for more answers than this participant's limit of tokens allows.",
    );
  return { valid: true, value: { value: body, fields: { model: limits.model, ...limited } } };
}

function limitName(operation: GeneratingOperation, { isOpenAi = false }: BodyLimits): LimitName | undefined {
  const { limit } = generating[operation];
  if (operation === "chat.completions.create" && isOpenAi)
    return { name: "max_completion_tokens", takesOne: true };
  return limit && { name: limit, takesOne: false };
}

function isOperation(name: string): name is TunnelOperation {
  return Object.hasOwn(tunnelOperations, name);
}

/** No part that a URL parser would resolve away: `/v1/responses/..` is `/v1/`. */
function isPlainPath(path: string): boolean {
  const url = new URL(path, "http://provider");
  return `${url.pathname}${url.search}` === path;
}

function refuse(status: number, code: string, message: string): { valid: false; refusal: Refusal } {
  return { valid: false, refusal: { status, code, message } };
}
