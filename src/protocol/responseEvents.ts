import {
  type ChatUsage,
  endOf,
  itemId,
  makeResponse,
  makeUsage,
  type OutputItem,
  outputText,
  type ResponseContext,
  type ResponseStatus,
  reasoningText,
} from "./responseObject";
import { writeSse } from "./sse";
import { WrittenJson } from "./writtenJson";

/**
 * Every part is repeated whole when it is done, four times over: it must be kept, and while it is written nothing else runs. A
 * longer answer fails, UTF-16 units as JSON has them.
 */
const MAX_ANSWER_LENGTH = 2_000_000;
/** What an item costs besides its text; else an answer of two million items of one letter would be a short one. */
const ITEM_LENGTH = 1_000;
/** A model that calls more tools than this in one turn is broken. */
const MAX_TOOL_CALLS = 128;

interface OpenText {
  readonly kind: "message" | "reasoning";
  readonly id: string;
  readonly index: number;
  text: string;
}

interface OpenCall {
  readonly id: string;
  readonly index: number;
  readonly callId: string;
  readonly name: string;
  arguments: string;
}

/**
 * Writes the events of one Responses stream in the order that OpenAI's clients expect: each item is added, grows and is
 * done, and the response ends once. What it wrote is fetched by `take`.
 */
export class ResponseEvents {
  readonly #context: ResponseContext;
  readonly #output: (WrittenJson | undefined)[] = [];
  readonly #calls = new Map<number, OpenCall>();
  #open: OpenText | undefined;
  #written = "";
  #sequence = 0;
  #length = 0;
  #ended = false;

  constructor(context: ResponseContext) {
    this.#context = context;
  }

  /** Whether the response's last event was written; everything afterwards is ignored. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What was written since the last call. */
  take(): string {
    const written = this.#written;
    this.#written = "";
    return written;
  }

  start(): void {
    const response = this.#response("in_progress");
    this.#write("response.created", { response });
    this.#write("response.in_progress", { response });
  }

  text(delta: string): void {
    this.#grow("message", delta);
  }

  reasoning(delta: string): void {
    this.#grow("reasoning", delta);
  }

  /** @param position which of the calls of this turn; `id` and `name` come with its first piece only. */
  toolCall(
    position: number,
    id: string | null | undefined,
    name: string | null | undefined,
    delta: string,
  ): void {
    if (!this.#admit(delta)) return;
    const call = this.#calls.get(position) ?? this.#openCall(position, id, name);
    if (!call || delta === "") return;
    call.arguments += delta;
    this.#write("response.function_call_arguments.delta", {
      item_id: call.id,
      output_index: call.index,
      delta,
    });
  }

  complete(finishReason: string | undefined, usage: ChatUsage | undefined): void {
    const { status, incomplete_details } = endOf(finishReason);
    this.#finish(`response.${status}`, status, { incomplete_details, usage: makeUsage(usage) });
  }

  cancel(usage: ChatUsage | undefined): void {
    this.#finish("response.incomplete", "cancelled", { usage: makeUsage(usage) });
  }

  fail(message: string): void {
    this.#finish("response.failed", "failed", { error: { code: "server_error", message } });
  }

  #finish(type: string, status: ResponseStatus, more: Record<string, unknown>): void {
    if (this.#ended) return;
    const itemStatus = status === "completed" ? "completed" : "incomplete";
    this.#closeText(itemStatus);
    for (const call of this.#calls.values()) this.#closeCall(call, itemStatus);
    this.#write(type, { response: this.#response(status, more) });
    this.#ended = true;
    this.#written += writeSse({ data: "[DONE]" });
  }

  #grow(kind: OpenText["kind"], delta: string): void {
    const isNew = this.#open?.kind !== kind;
    if (!this.#admit(delta, isNew ? ITEM_LENGTH : 0)) return;
    if (isNew) this.#closeText("completed");
    this.#open ??= this.#openText(kind);
    this.#open.text += delta;
    const logprobs = kind === "message" ? { logprobs: [] } : {};
    this.#write(`response.${textPart(kind)}.delta`, { ...at(this.#open), delta, ...logprobs });
  }

  /** Whether there is room for more; a response that is over takes nothing. */
  #admit(delta: string, besides = 0): boolean {
    if (this.#ended) return false;
    this.#length += JSON.stringify(delta).length - 2 + besides;
    if (this.#length > MAX_ANSWER_LENGTH) this.fail("The provider's answer is too long.");
    return !this.#ended;
  }

  #openText(kind: OpenText["kind"]): OpenText {
    const index = this.#output.push(undefined) - 1;
    const id = itemId(this.#context.responseId, kind === "message" ? "msg" : "rs", index);
    const open: OpenText = { kind, id, index, text: "" };
    this.#write("response.output_item.added", {
      output_index: index,
      item: textItem(open, "in_progress", []),
    });
    this.#write("response.content_part.added", { ...at(open), part: part(open) });
    return open;
  }

  #closeText(status: string): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    const logprobs = open.kind === "message" ? { logprobs: [] } : {};
    const text = WrittenJson.of(open.text);
    const whole = WrittenJson.object({ ...part(open), text });
    this.#write(`response.${textPart(open.kind)}.done`, { ...at(open), text, ...logprobs });
    this.#write("response.content_part.done", { ...at(open), part: whole });
    const item = { ...textItem(open, status, []), content: WrittenJson.array([whole]) };
    this.#itemDone(open.index, WrittenJson.object(item));
  }

  #openCall(
    position: number,
    id: string | null | undefined,
    name: string | null | undefined,
  ): OpenCall | undefined {
    if (this.#calls.size >= MAX_TOOL_CALLS) {
      this.fail("The provider called too many tools.");
      return undefined;
    }
    if (!this.#admit(`${id ?? ""}${name ?? ""}`)) return undefined;
    this.#closeText("completed");
    const index = this.#output.push(undefined) - 1;
    const ownId = itemId(this.#context.responseId, "fc", index);
    const call: OpenCall = { id: ownId, index, callId: id || ownId, name: name ?? "", arguments: "" };
    this.#calls.set(position, call);
    this.#write("response.output_item.added", { output_index: index, item: callItem(call, "in_progress") });
    return call;
  }

  #closeCall(call: OpenCall, status: string): void {
    const whole = WrittenJson.of(call.arguments);
    this.#write("response.function_call_arguments.done", {
      item_id: call.id,
      output_index: call.index,
      name: call.name,
      arguments: whole,
    });
    this.#itemDone(call.index, WrittenJson.object({ ...callItem(call, status), arguments: whole }));
  }

  #itemDone(index: number, item: WrittenJson): void {
    this.#output[index] = item;
    this.#write("response.output_item.done", { output_index: index, item });
  }

  #response(status: ResponseStatus, more: Record<string, unknown> = {}): WrittenJson {
    const output = WrittenJson.array(this.#output.filter((item) => item !== undefined));
    return WrittenJson.object({ ...makeResponse(this.#context, status, [], more), output });
  }

  #write(type: string, fields: Record<string, unknown>): void {
    const { text } = WrittenJson.object({ type, sequence_number: this.#sequence++, ...fields });
    this.#written += writeSse({ event: type, data: text });
  }
}

const textPart = (kind: OpenText["kind"]) => (kind === "message" ? "output_text" : "reasoning_text");

const at = (open: OpenText) => ({ item_id: open.id, output_index: open.index, content_index: 0 });

const part = ({ kind, text }: OpenText) => (kind === "message" ? outputText(text) : reasoningText(text));

function textItem({ kind, id }: OpenText, status: string, content: object[]): OutputItem {
  if (kind === "message") return { id, type: "message", status, role: "assistant", content };
  return { id, type: "reasoning", status, summary: [], content };
}

function callItem(call: OpenCall, status: string): OutputItem {
  const { id, callId, name } = call;
  return { id, type: "function_call", status, call_id: callId, name, arguments: call.arguments };
}
