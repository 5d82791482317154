import type { FakeFlavour } from "./fakeProvider";
import { type FakeCall, sendJson } from "./fakeProviderCall";

const owners: Record<FakeFlavour, string | undefined> = {
  ollama: "library",
  lmstudio: "organization_owner",
  llamacpp: "llamacpp",
  vllm: "vllm",
  localai: undefined,
  openai: "system",
};

/** `GET /v1/models` as this flavour of provider shows it. */
export function modelList(flavour: FakeFlavour, models: readonly string[]): unknown {
  const owner = owners[flavour];
  return {
    object: "list",
    data: models.map((id) => ({
      id,
      object: "model",
      created: 1_700_000_000,
      ...(owner === undefined ? {} : { owned_by: owner }),
    })),
  };
}

/** The routes that each provider has beside `/v1`, and its own way of saying that there is no such route. */
export function answerFlavour(call: FakeCall, flavour: FakeFlavour, path: string): void {
  const known = call.record.method === "GET" ? routes(flavour, call.models)[path] : undefined;
  if (typeof known === "string") sendText(call, 200, known);
  else if (known !== undefined) sendJson(call, 200, known);
  // LM Studio really answers 200 here.
  else if (flavour === "lmstudio")
    sendJson(call, 200, { error: `Unexpected endpoint or method. (${call.record.method} ${path})` });
  else if (flavour === "ollama") sendText(call, 404, "404 page not found");
  else sendJson(call, 404, { error: { message: "Not Found", type: "invalid_request_error" } });
}

function sendText({ response }: FakeCall, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(text);
}

function routes(flavour: FakeFlavour, models: readonly string[]): Record<string, unknown> {
  switch (flavour) {
    case "ollama":
      return {
        "/": "Ollama is running",
        "/api/version": { version: "0.13.5" },
        "/api/tags": { models: models.map((name) => ({ name, model: name, size: 4_000_000_000 })) },
      };
    case "lmstudio":
      return {
        "/api/v0/models": {
          object: "list",
          data: models.map((id) => ({ id, object: "model", type: "llm", state: "loaded" })),
        },
      };
    case "llamacpp":
      return {
        "/health": { status: "ok" },
        "/props": { default_generation_settings: {}, total_slots: 1, model_path: "/models/fake.gguf" },
      };
    case "vllm":
      return { "/version": { version: "0.11.0" }, "/health": "" };
    case "localai":
      return {
        "/readyz": "OK",
        "/healthz": "OK",
        "/version": { version: "v3.8.0" },
        "/system": { backends: [] },
      };
    case "openai":
      return {};
  }
}
