import { isRecord } from "../common/isRecord";
import { addressedFields, fetchedAddress } from "./fetchedAddress";
import { limitedFields } from "./tokenLimit";
import type { Refusal } from "./tunnelAnswer";

/**
 * By these a provider answers with another model than `model` says where that one fails, or loads another one beside it, or in
 * its place, or asks another provider.
 */
const otherModels = [
  // OpenRouter, LiteLLM, LM Studio.
  "models",
  "fallbacks",
  "context_window_fallbacks",
  "content_policy_fallbacks",
  "draft_model",
  // What is laid upon the model, of which mlx_lm and mlx_vlm load any path: they, SGLang, llama.cpp.
  "adapters",
  "adapter_path",
  "lora_path",
  "lora",
  // LocalAI: which program loads it.
  "backend",
  // LiteLLM: where its own provider is, which gets its key; and routes of the request's own.
  "api_base",
  "base_url",
  "user_config",
  "router_settings_override",
];

/**
 * What a provider runs, or loads as Python would: a template that loops keeps vLLM from everybody, and the others are
 * code where a provider was told to take them (SGLang, vLLM).
 */
const programs = ["chat_template", "custom_logit_processor", "logits_processors", "prompt_embeds"];

/**
 * By these tools a provider does more for a request than run the model, as its owner: calls servers that they set up, reads
 * what they stored, runs code, makes pictures that cost more than any text. Others, a search in the web too, clients send by
 * themselves.
 */
const ownersTools: readonly unknown[] = ["mcp", "file_search", "code_interpreter", "image_generation"];

/** What is looked at, here or where our limits are set. */
const looked = [
  ...["model", "stream", "background", "extra_body"],
  ...[...limitedFields, ...otherModels, ...programs, ...addressedFields],
];

/** Pure. What a body must not have a provider do, whatever else is in it: why it is refused, and which field it is. */
export function unwantedField(body: Record<string, unknown>): Pick<Refusal, "code" | "message"> | undefined {
  const misnamed = misnamedField(body);
  if (misnamed !== undefined) return { code: "invalid_body", message: misnamed };
  const other = otherModels.find((name) => isGiven(body, name));
  if (other !== undefined) {
    const message = `The body's field ${quoted(other)} names other models than the one that is shared: leave it out.`;
    return { code: "other_models", message };
  }
  const program = programs.find((name) => isGiven(body, name) || isGiven(body.chat_template_kwargs, name));
  if (program !== undefined) {
    const message = `The body's field ${quoted(program)} is a program for the provider to run: leave it out.`;
    return { code: "own_program", message };
  }
  // It would go on after its place here is free again, and after its owner stopped sharing.
  if (body.background) {
    const message = 'This participant goes on with nothing that nobody waits for: leave "background" out.';
    return { code: "nothing_in_background", message };
  }
  const tools = Array.isArray(body.tools) ? body.tools.filter(isRecord) : [];
  const owners = tools.find(({ type }) => ownersTools.includes(type));
  if (owners) {
    const message = `This participant lends its model alone, no tool of its provider's: leave out ${quoted(owners.type)}.`;
    return { code: "owners_tool", message };
  }
  const fetched = fetchedAddress(body);
  if (fetched === undefined) return undefined;
  const message = `This participant fetches nothing: put what ${quoted(fetched)} leads to into the request, as a data: URL where it can be one.`;
  return { code: "nothing_fetched", message };
}

/** A field that we would pass over, and a provider takes for one that we look at. @returns what is wrong with it */
function misnamedField(body: Record<string, unknown>): string | undefined {
  const strange = Object.keys(body).find((key) => isOtherSpelling(key));
  if (strange !== undefined) return `The body's field ${quoted(strange)} has to be in small letters.`;
  // LiteLLM lays it over the body that it sends to its own provider.
  const extra = isRecord(body.extra_body) ? Object.keys(body.extra_body) : [];
  const covered = extra.find((key) => looked.includes(asRead(key)));
  if (covered === undefined) return undefined;
  return `The body's field "extra_body" must not hold ${quoted(covered)}: put it beside it.`;
}

function isOtherSpelling(key: string): boolean {
  return !looked.includes(key) && looked.includes(asRead(key));
}

/**
 * A field's name for a provider written in Go, as Ollama is: its parser ignores case, by Unicode's simple folding, and takes the
 * last of several.
 */
function asRead(key: string): string {
  // The Kelvin sign becomes a k by itself; the long s does not become an s.
  return key.toLowerCase().replaceAll("\u017f", "s");
}

function isGiven(fields: unknown, name: string): boolean {
  return isRecord(fields) && fields[name] !== undefined && fields[name] !== null;
}

function quoted(name: unknown): string {
  return JSON.stringify(name);
}
