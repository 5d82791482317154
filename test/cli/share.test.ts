import { doesNotMatch, equal, match, ok } from "node:assert/strict";
import { defaultNickname } from "../../src/client/defaultNickname";
import { HubClient } from "../../src/client/hubClient";
import { CliRunner } from "../support/cliRunner";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";

describe("llm-rooms share", () => {
  const cli = new CliRunner();
  let hubUrl: string;
  let client: HubClient;
  let provider: FakeProvider;

  beforeEach(async () => {
    hubUrl = (await cli.startHub()).url;
    client = new HubClient(hubUrl);
    provider = await startFakeProvider({ models: ["llama3:8b", "holds"] });
  });
  afterEach(async () => {
    await cli.dispose();
    await provider.close();
  });

  const makeRoom = async (password?: string) =>
    (await client.createRoom({ name: "Team", ...(password !== undefined && { password }) })).room.code;
  const shareArgs = (code: string, model = "llama3:8b") => [
    ...["share", "--hub", hubUrl, "--room", code, "--model", model],
    ...["--endpoint", provider.url, "--nickname", "Ada"],
  ];

  it("shares, answers a chat, and leaves the room at Ctrl+C", async () => {
    const code = await makeRoom();
    const share = cli.start(shareArgs(code.toLowerCase()));
    await share.shows(/^online$/m);
    const [card] = await client.listParticipants(code);
    equal(card?.nickname, "Ada");
    equal(card?.model, "llama3:8b");
    equal(card?.status, "online");

    for (const to of ["model:llama3:8b", "ada"]) {
      const asked = await cli.run(["chat", "--hub", hubUrl, "--room", code, "--to", to, "Hello"]);
      equal(asked.exit.code, 0, asked.stderr);
    }
    await share.shows(new RegExp(`^serving 1 \\(${defaultNickname()}\\)$`, "m"));
    const chat = await cli.run(["chat", "--hub", hubUrl, "--room", code, "--nickname", "Kim", "Hello"]);
    equal(chat.exit.code, 0, chat.stderr);
    match(chat.stdout, /\S+\n$/);
    match(chat.stderr, /tokens/);
    await share.shows(/^serving 1 \(Kim\)$/m);

    equal((await share.kill("SIGINT")).code, 0);
    equal((await client.listParticipants(code)).length, 0);
    match(share.stdout, /stopped\n$/);
    equal(share.stderr, "");
  });

  it("P13: lets nobody have longer answers than its owner says", async () => {
    const code = await makeRoom();
    const share = cli.start([...shareArgs(code), "--max-tokens", "7"]);
    await share.shows(/^online$/m);
    equal((await cli.run(["chat", "--hub", hubUrl, "--room", code, "Hello"])).exit.code, 0);
    match(JSON.stringify(provider.requests.at(-1)), /"max_tokens":7\b/);
    const wrong = await cli.run([...shareArgs(code), "--max-tokens", "0"]);
    match(wrong.stderr, /must be a whole number from 1/);
  });

  it("finds what it was not told: the hub's only room, the provider's only model", async () => {
    const code = await makeRoom();
    const single = await startFakeProvider({ models: ["only:1b"] });
    try {
      const share = cli.start(["share", "--hub", hubUrl, "--endpoint", single.url]);
      await share.shows(/^online$/m);
      const [card] = await client.listParticipants(code);
      equal(card?.model, "only:1b");
      ok(card?.nickname);
      await share.kill("SIGTERM");
    } finally {
      await single.close();
    }
  });

  it("lists the choices where there are several", async () => {
    const first = await makeRoom();
    const noModel = await cli.run(["share", "--hub", hubUrl, "--endpoint", provider.url]);
    equal(noModel.exit.code, 1);
    match(noModel.stderr, /--model[\s\S]*llama3:8b[\s\S]*holds/);

    const second = await makeRoom();
    const noRoom = await cli.run(["share", "--hub", hubUrl, "--endpoint", provider.url, "--model", "holds"]);
    equal(noRoom.exit.code, 1);
    match(noRoom.stderr, new RegExp(`--room CODE[\\s\\S]*${first}[\\s\\S]*${second}`));
  });

  it("P1: refuses a model that the provider does not offer, and names those that it does", async () => {
    const share = await cli.run(shareArgs(await makeRoom(), "gpt-9"));
    equal(share.exit.code, 1);
    match(share.stderr, /gpt-9/);
    match(share.stderr, /llama3:8b/);
  });

  it("fails where the provider, the room or the hub does not answer", async () => {
    const code = await makeRoom();
    const noRoom = await cli.run(shareArgs("ZZZZZZ"));
    equal(noRoom.exit.code, 1);
    match(noRoom.stderr, /room/i);
    await provider.close();
    const noProvider = await cli.run(shareArgs(code));
    equal(noProvider.exit.code, 1);
    match(noProvider.stderr, new RegExp(new URL(provider.url).port));
    equal((await client.listParticipants(code)).length, 0);
  });

  it("takes the password from the environment, and shows no secret anywhere", async () => {
    const code = await makeRoom("open sesame");
    const keyed = await startFakeProvider({ models: ["llama3:8b"], apiKey: "sk-very-secret" });
    try {
      const args = [
        "share",
        "--hub",
        hubUrl,
        "--room",
        code,
        "--endpoint",
        keyed.url,
        "--model",
        "llama3:8b",
      ];
      const wrong = await cli.run(args, {
        env: { LLM_ROOMS_PASSWORD: "let me in", LLM_ROOMS_API_KEY: "sk-very-secret" },
      });
      equal(wrong.exit.code, 1);
      match(wrong.stderr, /password/i);
      const keyless = await cli.run(args, { env: { LLM_ROOMS_PASSWORD: "let me in" } });
      match(keyless.stderr, /wants a key.*\n.*LLM_ROOMS_API_KEY/);
      const without = await cli.run(args, { env: { LLM_ROOMS_API_KEY: "sk-very-secret" } });
      equal(without.exit.code, 1);
      match(without.stderr, /takes a password.*\n.*LLM_ROOMS_PASSWORD/);

      const share = cli.start([...args, "--api-key-env", "MY_KEY"], {
        env: { LLM_ROOMS_PASSWORD: "open sesame", MY_KEY: "sk-very-secret" },
      });
      await share.shows(/^online$/m);
      const card = JSON.stringify(await client.listParticipants(code));
      await share.kill("SIGTERM");
      for (const text of [wrong.stdout, wrong.stderr, share.stdout, share.stderr, card]) {
        doesNotMatch(text, /sesame|let me in|sk-very-secret/);
      }
    } finally {
      await keyed.close();
    }
  });

  it("says so where the variable that should hold the key is not set", async () => {
    const share = await cli.run([...shareArgs(await makeRoom()), "--api-key-env", "NOT_SET_ANYWHERE"]);
    equal(share.exit.code, 1);
    match(share.stderr, /NOT_SET_ANYWHERE/);
  });

  it("P1: takes a key without the line's end that was copied with it, and says what can be none", async () => {
    const args = shareArgs(await makeRoom());
    const share = cli.start(args, { env: { LLM_ROOMS_API_KEY: "sk-1\r\n" } });
    await share.shows(/^online$/m);
    await share.kill("SIGTERM");
    const none = await cli.run(args, { env: { LLM_ROOMS_API_KEY: "schlüßel…" } });
    equal(none.exit.code, 1);
    match(none.stderr, /^LLM_ROOMS_API_KEY holds characters that no token or key has\.\n/);
  });

  it("shows no hardware with --no-specs", async () => {
    const code = await makeRoom();
    const share = cli.start([...shareArgs(code), "--no-specs"]);
    await share.shows(/^online$/m);
    const [card] = await client.listParticipants(code);
    equal(JSON.stringify(card?.specs), "{}");
    await share.kill("SIGTERM");
  });

  it("P6: goes on by itself where the hub comes back, saying so", async () => {
    const { cli: hub, url } = await cli.startHub();
    const { room } = await new HubClient(url).createRoom({ name: "Short" });
    const share = cli.start([
      ...["share", "--hub", url, "--room", room.code, "--model", "llama3:8b", "--endpoint", provider.url],
    ]);
    await share.shows(/^online$/m);
    await hub.kill("SIGTERM");
    await share.shows(/^reconnecting because: /m);
    equal((await share.kill("SIGTERM")).code, 0);
  });

  it("C6: Ctrl+C in a chat stops the answer at the provider", async () => {
    const code = await makeRoom();
    const share = cli.start(shareArgs(code, "holds"));
    await share.shows(/^online$/m);
    const chat = cli.start(["chat", "--hub", hubUrl, "--room", code, "--to", "model:holds"], {
      input: "Go on",
    });
    const request = await provider.waitForRequest(({ body }) => body?.model === "holds");
    equal((await chat.kill("SIGINT")).code, 130);
    await request.ended;
    ok(request.aborted);
    await eventually(async () => (await client.listParticipants(code))[0]?.status === "online");
    await share.kill("SIGTERM");
  });
});
