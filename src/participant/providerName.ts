import { z } from "zod";
import { boundedArray } from "../protocol/bounded";
import { MAX_LIST_LENGTH } from "../protocol/constants";
import type { ProbeCall } from "./provider";

/** What to call a provider, and which of the models that it lists only embed or rerank. */
export interface NamedProvider {
  readonly name: string;
  readonly notForChat: ReadonlySet<string>;
}

const lmStudioModelsSchema = z.object({
  data: boundedArray(z.object({ id: z.string(), type: z.string() }), MAX_LIST_LENGTH).refine(
    (models) => models.length > 0,
  ),
});
const propsSchema = z.object({ default_generation_settings: z.unknown() });
const versionSchema = z.object({ version: z.string() });
const systemSchema = z.object({ backends: z.array(z.unknown()) });

/**
 * Recognises a provider by what only it has. A name is for people: where nothing fits it is "OpenAI-compatible server"
 * and everything works all the same. Never throws.
 */
export async function nameProvider(
  call: ProbeCall,
  owners: ReadonlySet<string>,
  hasOllamaTags: boolean,
): Promise<NamedProvider> {
  const named = (name: string) => ({ name, notForChat: new Set<string>() });
  if (owners.has("llamacpp")) return named("llama.cpp");
  if (owners.has("vllm")) return named("vLLM");
  const get = async (path: string) => {
    // A route that does not answer is a route that this provider does not have.
    const answer = await call("GET", path).catch(() => undefined);
    return answer?.status === 200 ? answer : undefined;
  };
  const [version, lmStudio, props, system] = await Promise.all([
    get("/api/version"),
    get("/api/v0/models"),
    get("/props"),
    get("/system"),
  ]);
  if (hasOllamaTags && versionSchema.safeParse(version?.json).success) return named("Ollama");
  const listed = lmStudioModelsSchema.safeParse(lmStudio?.json);
  if (listed.success) {
    const embeddings = listed.data.data.filter(({ type }) => type === "embeddings");
    return { name: "LM Studio", notForChat: new Set(embeddings.map(({ id }) => id)) };
  }
  if (propsSchema.safeParse(props?.json).data?.default_generation_settings !== undefined)
    return named("llama.cpp");
  if (systemSchema.safeParse(system?.json).success) return named("LocalAI");
  return named(hasOllamaTags ? "Ollama" : "OpenAI-compatible server");
}
