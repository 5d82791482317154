import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { systemClock } from "../../src/common/clock";
import { isOpenAi } from "../../src/participant/endpoint";
import { ProviderCalls } from "../../src/participant/providerCalls";
import { checkBody, type GeneratingOperation } from "../../src/participant/requestPolicy";
import { RunningResponses } from "../../src/participant/runningResponses";
import { ServedRequest } from "../../src/participant/servedRequest";
import { TunnelAnswer } from "../../src/participant/tunnelAnswer";
import { eventually } from "../support/eventually";

const chat = { model: "x", messages: [{ role: "user", content: "hello" }] };

describe("What a participant lets a request ask for", () => {
  // Ollama's parser ignores case, and takes the last of several: each of these would pass by the owner's limits.
  for (const name of [
    "Model",
    "MODEL",
    "Max_tokens",
    "max_to\u212aens",
    "max_token\u017f",
    "MAX_COMPLETION_TOKENS",
    "\u017ftream",
  ]) {
    it(`P3: refuses another spelling of a field that it looks at (${name})`, () => {
      const checked = checkBody(
        "chat.completions.create",
        { ...chat, [name]: 1 },
        { model: "shared", maxTokens: 100 },
      );
      assert.equal(checked.valid, false);
      assert.equal(!checked.valid && checked.refusal.status, 400);
      assert.match(checked.valid ? "" : checked.refusal.message, /small letters/);
    });
  }

  // A provider behind which there are many would let its owner pay for another one.
  for (const name of [
    "models",
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "draft_model",
    "adapters",
    "adapter_path",
    "lora_path",
    "lora",
    "backend",
    "api_base",
    "base_url",
    "user_config",
    "router_settings_override",
  ]) {
    for (const operation of ["chat.completions.create", "responses.create", "completions.create"] as const) {
      it(`P3: refuses a request for other models beside the shared one (${name}, ${operation})`, () => {
        const limits = { model: "shared", maxTokens: undefined };
        const body = { ...chat, prompt: "hello", input: "hello" };
        const checked = checkBody(operation, { ...body, [name]: ["dear/model"] }, limits);
        assert.equal(!checked.valid && checked.refusal.code, "other_models");
        assert.match(checked.valid ? "" : checked.refusal.message, new RegExp(`"${name}"`));
        assert.equal(checkBody(operation, { ...body, [name]: null }, limits).valid, true);
      });
    }
  }

  // LiteLLM lays it over what it sends to its own provider.
  it("P3: refuses what another field would lay over a field that it looks at", () => {
    const withExtra = (extra: unknown) => {
      const limits = { model: "shared", maxTokens: 100 };
      const checked = checkBody("chat.completions.create", { ...chat, extra_body: extra }, limits);
      return checked.valid ? undefined : checked.refusal.message;
    };
    for (const [name, value] of Object.entries({
      model: "dear/model",
      max_tokens: 1e9,
      n: 50,
      fallbacks: ["dear/model"],
      messages: [],
      MODEL: "dear/model",
    })) {
      assert.match(withExtra({ [name]: value }) ?? "", new RegExp(`"extra_body" must not hold "${name}"`));
      assert.match(withExtra({ extra_body: { [name]: value } }) ?? "", /must not hold/);
    }
    for (const harmless of [{ google: { thinking_config: {} } }, { seed: 1 }, null, "model", ["model"]])
      assert.equal(withExtra(harmless), undefined);
  });

  const addressed = (body: Record<string, unknown>) => {
    const checked = checkBody(
      "input" in body ? "responses.create" : "chat.completions.create",
      { ...chat, ...body },
      { model: "shared", maxTokens: undefined },
    );
    return checked.valid ? undefined : checked.refusal.code;
  };
  const part = (content: unknown) => ({ messages: [{ role: "user", content: [content] }] });

  // vLLM, llama.cpp and others fetch it, from a machine that reaches its owner's network.
  for (const [what, body] of [
    ["a picture", part({ type: "image_url", image_url: { url: "http://192.168.1.1/reboot" } })],
    ["a picture without an object", part({ type: "image_url", image_url: "https://router.lan/" })],
    ["a file of the machine", part({ type: "image_url", image_url: { url: "file:///etc/passwd" } })],
    ["a path", part({ image_url: { url: "/home/ada/photo.jpg" } })],
    ["spaces before it", part({ image_url: { url: `${" ".repeat(9_000)}http://10.0.0.1/` } })],
    ["a video", part({ type: "video_url", video_url: { url: "http://10.0.0.1/" } })],
    ["a sound", part({ audio_url: { url: "http://10.0.0.1/" } })],
    ["a sound in place of its bytes", part({ input_audio: { data: "http://10.0.0.1/" } })],
    ["a file whose path looks like base64", part({ input_audio: { data: "/etc/passwd", format: "wav" } })],
    ["a sound of the machine", part({ input_audio: { data: "/home/ada/memo.wav", format: "wav" } })],
    ["a file in place of its bytes", part({ type: "file", file: { file_data: "https://10.0.0.1/a.pdf" } })],
    ["a file in place of an id", part({ type: "file", file: { file_id: "gs://bucket/a.pdf" } })],
    ["an embedding's picture", { input: [{ text: "a", image: "http://10.0.0.1/" }] }],
    ["an embedding's picture of the machine", { input: [{ image: "/home/ada/photo.png" }] }],
    ["capitals, for a parser that ignores case", part({ Image_URL: { Url: "http://10.0.0.1/" } })],
    ["other messages, for the same", { Messages: [] }],
    [
      "a response's picture",
      { input: [{ content: [{ type: "input_image", image_url: "http://10.0.0.1/" }] }] },
    ],
    [
      "a file in a tool's answer",
      { input: [{ output: [{ type: "input_file", file_url: "http://10.0.0.1/" }] }] },
    ],
    ["a tool's server", { tools: [{ type: "other", server_url: "http://10.0.0.1/" }] }],
  ] as const) {
    it(`P3: has the provider fetch nothing (${what})`, () => {
      assert.match(addressed(body) ?? "", /^(nothing_fetched|invalid_body)$/);
    });
  }

  it("P3: lets pass a picture that comes in the request, and a parameter that is only called so", () => {
    const url = `data:image/png;base64,${"A".repeat(20_000)}`;
    assert.equal(addressed(part({ type: "image_url", image_url: { url, detail: "low" } })), undefined);
    assert.equal(addressed({ input: [{ content: [{ type: "input_image", image_url: url }] }] }), undefined);
    const bytes = "A+/z".repeat(5_000);
    for (const data of [bytes, `data:audio/wav;base64,${bytes}`, "", "_-8="]) {
      assert.equal(addressed(part({ type: "input_audio", input_audio: { data, format: "wav" } })), undefined);
      assert.equal(addressed(part({ type: "file", file: { file_data: data, filename: "a.b" } })), undefined);
    }
    assert.equal(
      addressed({ input: [{ content: [{ type: "input_file", file_id: "file-6F2" }] }] }),
      undefined,
    );
    const properties = { image_url: { type: "string", default: "https://example.org" } };
    const tool = { type: "function", function: { name: "see", parameters: { type: "object", properties } } };
    assert.equal(addressed({ tools: [tool], metadata: { page_url: "https://example.org" } }), undefined);
    assert.equal(addressed(part({ type: "text", text: "image_url: http://example.org" })), undefined);
  });

  it("P3: lends none of the tools that are the provider's", () => {
    for (const type of ["mcp", "file_search", "code_interpreter", "image_generation"]) {
      const tools = [{ type: "function", name: "see" }, { type }];
      assert.equal(addressed({ input: "hello", tools }), "owners_tool", type);
      assert.equal(addressed({ tools }), "owners_tool", type);
    }
    const own = ["function", "custom", "local_shell", "web_search"].map((type) => ({ type, name: type }));
    assert.equal(addressed({ input: "hello", tools: own }), undefined);
  });

  // A template of the request's own once kept vLLM from everybody; mlx_lm takes one among the template's arguments.
  it("P3: has the provider run no program of the request's own", () => {
    for (const name of ["chat_template", "custom_logit_processor", "logits_processors", "prompt_embeds"])
      assert.equal(addressed({ [name]: "{% for i in range(1e9) %}{% endfor %}" }), "own_program", name);
    assert.equal(addressed({ chat_template_kwargs: { chat_template: "{{ messages }}" } }), "own_program");
    assert.equal(addressed({ chat_template_kwargs: { enable_thinking: false } }), undefined);
    assert.equal(addressed({ chat_template: null, chat_template_kwargs: null }), undefined);
  });

  it("P9: lets nothing run on in the background, where it would take no place", () => {
    for (const background of [true, "true", 1])
      assert.equal(addressed({ input: "hello", background }), "nothing_in_background");
    for (const background of [false, null])
      assert.equal(addressed({ input: "hello", background }), undefined);
    assert.equal(addressed({ input: "hello", extra_body: { background: true } }), "invalid_body");
  });

  it("P3: lets pass what only looks alike", () => {
    const body = {
      ...chat,
      max_tokens: 5,
      model_name: "a",
      modelName: "b",
      stream_options: {},
      stream: true,
    };
    const checked = checkBody("chat.completions.create", body, { model: "shared", maxTokens: 100 });
    assert.deepEqual(checked.valid && checked.value.fields, { model: "shared", max_tokens: 5 });
  });
});

describe("The owner's limit of tokens", () => {
  const ask = (
    operation: GeneratingOperation,
    body: Record<string, unknown>,
    maxTokens: number | undefined = 100,
  ) => {
    const checked = checkBody(operation, body, { model: "shared", maxTokens });
    return checked.valid ? { ...checked.value.fields, model: undefined } : checked.refusal.code;
  };
  const chats = (more: Record<string, unknown>, maxTokens?: number) =>
    ask("chat.completions.create", { ...chat, ...more }, maxTokens);
  const completes = (more: Record<string, unknown>) =>
    ask("completions.create", { model: "x", prompt: "a", ...more });
  const is = (fields: unknown, expected: Record<string, number | false> | string) =>
    assert.deepEqual(fields, typeof expected === "string" ? expected : { ...expected, model: undefined });

  it("P13: is set where a request has none, and lowers what is higher", () => {
    is(chats({}), { max_tokens: 100 });
    is(chats({ max_tokens: null }), { max_tokens: 100 });
    is(chats({ max_completion_tokens: 101, max_tokens: 99 }), { max_completion_tokens: 100, max_tokens: 99 });
    for (const asked of [-1, 0, "5", 1e9]) is(chats({ max_tokens: asked }), { max_tokens: 100 });
    is(ask("responses.create", { model: "x", input: "a", max_output_tokens: 7 }), { max_output_tokens: 7 });
    is(ask("embeddings.create", { model: "x", input: ["a", "b"] }), {});
  });

  it("P13: is shared by several answers, and by several prompts", () => {
    is(chats({ n: 4, max_tokens: 50 }), { max_tokens: 25 });
    is(chats({ n: 1 }), { max_tokens: 100 });
    is(chats({ n_cmpl: 10 }), { max_tokens: 10 });
    is(completes({ n: 2, best_of: 5 }), { max_tokens: 20 });
    is(completes({ prompt: ["a", "b"], n: 5 }), { max_tokens: 10 });
    is(completes({ prompt: [[1, 2], [3]] }), { max_tokens: 50 });
    is(completes({ prompt: [1, 2, 3] }), { max_tokens: 100 });
  });

  it("P13: a request for more answers than tokens, or for no number of them, is refused", () => {
    for (const n of [101, 1e308, "5", 0, -1, 1.5, {}, true]) is(chats({ n }), "too_many_answers");
    is(completes({ prompt: Array(101).fill("a") }), "too_many_answers");
    is(chats({ N: 5 }), "invalid_body");
  });

  it("P13: llama.cpp's own word for it, which overrules the others, is lowered as well", () => {
    is(chats({ n_predict: -1, max_tokens: 5 }), { max_tokens: 5, n_predict: 100 });
    is(chats({ n_predict: 9 }), { max_tokens: 9, n_predict: 9 });
    is(chats({ N_Predict: 9 }), "invalid_body");
  });

  // Ollama, LM Studio and llama-cpp-python pass over the newer name, and take a request without the older one for one without a limit.
  it("P13: is told by the name that every provider knows, whatever name the request has for it", () => {
    is(chats({ max_completion_tokens: 1e9 }), { max_tokens: 100, max_completion_tokens: 100 });
    is(chats({ max_completion_tokens: 7 }), { max_tokens: 7, max_completion_tokens: 7 });
  });

  // llama.cpp and mlx_lm prefer it to `max_tokens` on each of their routes; a translated response's fields go to one of these.
  it("P13: holds for its other names as well, on every route", () => {
    is(completes({ max_completion_tokens: 1e9 }), { max_tokens: 100, max_completion_tokens: 100 });
    const responds = (more: Record<string, unknown>) =>
      ask("responses.create", { model: "x", input: "a", ...more });
    is(responds({ max_completion_tokens: 1e9 }), { max_output_tokens: 100, max_completion_tokens: 100 });
    is(responds({ max_tokens: 1e9, max_output_tokens: 7 }), { max_output_tokens: 7, max_tokens: 100 });
    is(completes({ Max_Completion_Tokens: 1 }), "invalid_body");
  });

  it("P13: is not lifted by text-generation-webui's word for as many as there is room for", () => {
    const lifted = { auto_max_new_tokens: true };
    is(chats(lifted), { max_tokens: 100, auto_max_new_tokens: false });
    is(chats({ auto_max_new_tokens: false }), { max_tokens: 100 });
    is(chats({ extra_body: lifted }), "invalid_body");
  });

  // It refuses both at once, and for newer models the older one.
  it("P13: is told to OpenAI itself by one name", () => {
    const chatsWith = (more: Record<string, unknown>) => {
      const limits = { model: "shared", maxTokens: 100, isOpenAi: isOpenAi("https://api.openai.com") };
      const checked = checkBody("chat.completions.create", { ...chat, ...more }, limits);
      return checked.valid && { ...checked.value.fields, model: undefined };
    };
    is(chatsWith({}), { max_completion_tokens: 100 });
    is(chatsWith({ max_completion_tokens: 1e9 }), { max_completion_tokens: 100 });
    is(chatsWith({ max_tokens: 1e9 }), { max_tokens: 100 });
    is(chatsWith({ n_predict: 1e9 }), { max_completion_tokens: 100, n_predict: 100 });
    assert.equal(isOpenAi("https://team.openai.azure.com/openai"), true);
    for (const other of ["http://localhost:11434", "https://openai.com.example.org", "https://notopenai.com"])
      assert.equal(isOpenAi(other), false);
  });

  it("P13: without one, requests say what they like", () => {
    const checked = checkBody(
      "chat.completions.create",
      { ...chat, n: 500, n_predict: -1 },
      { model: "shared", maxTokens: undefined },
    );
    assert.deepEqual(checked.valid && checked.value.fields, { model: "shared" });
  });
});

describe("A refusal by the provider", () => {
  for (const startEarly of [false, true]) {
    for (const status of [401, 302]) {
      it(`keeps no connection, however long its body is (${status}, ${startEarly ? "early" : "in time"})`, async () => {
        const open = new Set<Socket>();
        const server = createServer((_, response) => response.writeHead(status).end("x".repeat(16_000_000)));
        server.on("connection", (socket) => {
          open.add(socket);
          socket.on("close", () => open.delete(socket));
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const provider = new ProviderCalls(
          `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          undefined,
        );
        try {
          for (let n = 1; n <= 3; n++) {
            const tunnel = { isOurs: true, send: async () => {}, sendFrame: async () => {} };
            const answer = new TunnelAnswer(tunnel, `r${n}`, n, () => {});
            const limits = { model: "m", maxTokens: undefined };
            const running = new RunningResponses();
            const context = {
              provider,
              limits,
              nativeResponses: false,
              running,
              clock: systemClock,
              startEarly,
              onDidChangeActive: () => {},
            };
            // Translated, since only that begins early.
            const request = {
              ...({ operation: "responses.create", method: "POST", path: "/v1/responses" } as const),
              ...{ generates: true, responseId: undefined },
            };
            const served = new ServedRequest(`r${n}`, request, answer, context, undefined);
            await served.serve({ model: "m", input: "hello", stream: true });
          }
          await eventually(() => open.size === 0);
        } finally {
          await provider.close();
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        }
      });
    }
  }
});
