import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { participantIdFor } from "../../src/cli/participantId";
import { HubClient } from "../../src/client/hubClient";
import { readInvite, writeInvite } from "../../src/protocol/invite";
import { CliRunner } from "../support/cliRunner";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { ManInTheMiddle } from "../support/manInTheMiddle";
import { useTempFolders } from "../support/tempFolder";

interface Made {
  code: string;
  access: string;
  invite: string;
  memberToken: string;
  hostToken: string;
}

describe("llm-rooms with a protected room", () => {
  const makeFolder = useTempFolders();
  let cli: CliRunner;
  let provider: FakeProvider;
  let env: NodeJS.ProcessEnv;
  /** A teammate's machine, which keeps nothing yet. */
  let elsewhere: NodeJS.ProcessEnv;
  let made: Made;
  beforeEach(async () => {
    cli = new CliRunner();
    provider = await startFakeProvider({ models: ["llama3"] });
    const hub = cli.start(["hub", "--port", "0", "--json"]);
    const [line] = await hub.shows(/^.*\n/);
    env = { LLM_ROOMS_HUB: JSON.parse(line).url };
    elsewhere = { LLM_ROOMS_HOME: await makeFolder() };
    made = await json(["create", "--name", "Team", "--password", "open sesame", "--json"], env);
  });
  afterEach(async () => {
    await cli.dispose();
    await provider.close();
  });

  // biome-ignore lint/suspicious/noExplicitAny: each command prints a shape of its own.
  async function json(args: string[], environment: NodeJS.ProcessEnv): Promise<any> {
    const { exit, stdout, stderr } = await cli.run(args, { env: environment });
    equal(exit.code, 0, stderr);
    return JSON.parse(stdout);
  }

  const client = (token?: string) => new HubClient(env.LLM_ROOMS_HUB ?? "", { token });
  const shareArgs = ["share", "--model", "llama3", "--nickname", "Ada", "--endpoint"];

  it("N1: an invite holds all that a teammate's terminal needs: it lists, shares and chats", async () => {
    equal(made.access, "protected");
    const invite = readInvite(made.invite);
    deepEqual([invite?.roomCode, invite?.memberToken], [made.code, made.memberToken]);
    const withLink = { ...elsewhere, LLM_ROOMS_INVITE: made.invite };
    const share = cli.start([...shareArgs, provider.url], { env: withLink });
    await share.shows(/^online$/m);
    const [card] = await json(["participants", "--invite", made.invite, "--json"], elsewhere);
    equal(card.nickname, "Ada");
    // From stdin, so that the link stands in no command line; the prompt follows it.
    const input = `\n \r\n${made.invite}\nHello from stdin\n`;
    const piped = await cli.run(["chat", "--invite", "-"], { env: elsewhere, input });
    equal(piped.exit.code, 0, piped.stderr);
    match(JSON.stringify(provider.requests.at(-1)), /Hello from stdin/);
    for (const each of [share, piped]) {
      doesNotMatch(each.stdout + each.stderr, new RegExp(`${made.memberToken}|${made.hostToken}`));
    }
    equal((await share.kill("SIGINT")).code, 0);
  });

  it("N1: an invite that came by stdin holds up nothing where stdin stays open", async () => {
    const pipe = join(await makeFolder(), "pipe");
    execFileSync("sh", ["-c", 'mkfifo "$0"', pipe]);
    const writer = await open(pipe, "r+");
    try {
      await writer.write(`${made.invite}\n`);
      const show = cli.startInShell(["room", "show", "--invite", "-", "<", pipe], { env: elsewhere });
      await show.shows(/OpenAI base URL/);
      const shownAt = performance.now();
      equal((await show.exited).code, 0);
      // What is still open at a command's end is waited for longer than that.
      ok(performance.now() - shownAt < 1_500);
    } finally {
      await writer.close();
    }
  });

  it("N1: a token or the password lets in as well, and without any the ways in are named", async () => {
    const room = ["participants", "--room", made.code];
    const hub = { ...elsewhere, ...env };
    for (const more of [
      { LLM_ROOMS_TOKEN: `${made.memberToken}\r\n` },
      { LLM_ROOMS_PASSWORD: "open sesame" },
    ]) {
      const { exit, stderr } = await cli.run(room, { env: { ...hub, ...more } });
      equal(exit.code, 0, stderr);
    }
    const strange = await cli.run([...room, "--token", "geheimniß…"], { env: hub });
    equal(strange.exit.code, 1);
    match(strange.stderr, /^--token holds characters that no token or key has\.\n/);
    const refused = await cli.run(room, { env: hub });
    equal(refused.exit.code, 1);
    match(refused.stderr, /--invite or LLM_ROOMS_INVITE.*LLM_ROOMS_PASSWORD/);
    const wrong = await cli.run(room, { env: { ...hub, LLM_ROOMS_PASSWORD: "guess" } });
    equal(wrong.exit.code, 1);
    match(wrong.stderr, /password/i);
    doesNotMatch(wrong.stderr, /guess/);
  });

  it("N2: who made a room is its host in this terminal; its tokens lie in files for that user alone", async () => {
    const [room] = await json(["rooms", "--json"], env);
    equal(room.code, made.code);
    equal((await json(["rooms", "--json"], { ...elsewhere, ...env })).length, 0);
    const folder = join(cli.home, "rooms");
    const [file = ""] = await readdir(folder);
    equal((await stat(join(folder, file))).mode & 0o777, 0o600);
    equal((await stat(folder)).mode & 0o777, 0o700);
    match(await readFile(join(folder, file), "utf8"), new RegExp(made.hostToken));
    // Neither hub nor code need be named: there is one room only, and its hub is remembered.
    equal((await json(["room", "show", "--json"], env)).name, "Team");
    equal((await json(["room", "show", "--json", "--room", made.code.toLowerCase()], {})).name, "Team");
  });

  it("N2: the host renames the room, and removes a participant", async () => {
    const share = cli.start([...shareArgs, provider.url, "--room", made.code], { env });
    await share.shows(/^online$/m);
    equal((await json(["room", "rename", "New name", "--json"], env)).name, "New name");
    const nobody = await cli.run(["room", "remove", "Nobody"], { env });
    match(nobody.stderr, /Nobody in the room has the nickname or id Nobody.*participants/s);
    const tooLong = await cli.run(["room", "rename", "x".repeat(201)], { env });
    match(tooLong.stderr, /name: must have 200 characters at most/);
    match((await cli.run(["room", "remove", "ada"], { env })).stdout, /ada is removed/);
    notEqual((await share.exited).code, 0);
    match(share.stderr, /removed from the room/);
  });

  it("N2: the host rotates the invite, and closes the room", async () => {
    const rotated = await cli.run(["room", "rotate", "--json"], { env });
    match(rotated.stderr, /^Whoever knows the room's password can come in as before\.$/m);
    const { invite, memberToken } = JSON.parse(rotated.stdout) as Made;
    notEqual(memberToken, made.memberToken);
    equal(readInvite(invite)?.memberToken, memberToken);
    const old = await cli.run(["participants", "--invite", made.invite], { env: elsewhere });
    equal(old.exit.code, 1);
    equal((await cli.run(["participants", "--invite", invite], { env: elsewhere })).exit.code, 0);
    // The terminal that rotated has the new one.
    equal((await cli.run(["participants"], { env })).exit.code, 0);
    equal((await json(["room", "invite", "--json"], env)).memberToken, memberToken);
    const { port } = new URL(env.LLM_ROOMS_HUB ?? "");
    for (const [given, hub] of [
      ["hub.lan", `http://hub.lan:${port}`],
      ["hub.lan:81", "http://hub.lan:81"],
      ["https://rooms.example", "https://rooms.example"],
    ] as const) {
      const link = await json(["room", "invite", "--public-url", given, "--json"], env);
      equal(readInvite(link.invite)?.hubUrl, hub);
    }
    // No answer counts that no person typed.
    for (const input of ["y\n", "n\n", "", undefined]) {
      const asked = await cli.run(["room", "close"], { env, ...(input !== undefined && { input }) });
      deepEqual([asked.exit.code, asked.stdout], [1, ""]);
      match(asked.stderr, /Give --yes/);
    }
    equal((await json(["rooms", "--json"], env)).length, 1);
    match((await cli.run(["room", "close", "--yes"], { env })).stdout, /is closed/);
    deepEqual(await json(["rooms", "--json"], env), []);
    deepEqual(await readdir(join(cli.home, "rooms")), []);
  });

  it("asks whoever sits at a keyboard before it closes the room", async () => {
    const share = cli.start([...shareArgs, provider.url, "--room", made.code], { env });
    await share.shows(/^online$/m);
    const close = (input: string, ...flags: string[]) =>
      cli.startAtKeyboard(["room", "close", ...flags], { env, input });
    for (const answer of ["n\n", "\n", ""]) {
      const kept = close(answer);
      equal((await kept.exited).code, 1, kept.stdout);
      match(
        kept.stdout,
        new RegExp(`Close room "Team" \\(${made.code}\\) for everybody\\? It has 1 participant`),
      );
      match(kept.stdout, /The room stays open/);
    }
    // Ctrl+C stops it as it stops everything.
    const stopped = cli.startAtKeyboard(["room", "close"], { env, types: true });
    await stopped.shows(/\[y\/N\]/);
    stopped.child.stdin?.write("\x03");
    equal((await stopped.exited).code, 130, stopped.stdout);
    equal((await json(["rooms", "--json"], env)).length, 1);
    const closed = close("y\n");
    equal((await closed.exited).code, 0, closed.stdout);
    match(closed.stdout, /is closed/);
    notEqual((await share.exited).code, 0);
    match(share.stderr, /The host closed the room/);
  });

  it("N2: nobody else rules it, but whoever has its host token", async () => {
    const member = { ...elsewhere, LLM_ROOMS_INVITE: made.invite };
    const refused = await cli.run(["room", "rename", "Mine"], { env: member });
    equal(refused.exit.code, 1);
    match(refused.stderr, /Only the room's host.*LLM_ROOMS_HOST_TOKEN/s);
    const tries = await cli.run(["room", "rename", "Mine"], {
      env: { ...member, LLM_ROOMS_HOST_TOKEN: made.memberToken },
    });
    equal(tries.exit.code, 1);
    equal((await client(made.memberToken).getRoom(made.code)).name, "Team");
    const host = { ...member, LLM_ROOMS_HOST_TOKEN: made.hostToken };
    equal((await json(["room", "rename", "Ours", "--json"], host)).name, "Ours");
  });

  it("N1: secrets are printed only where they are the answer", async () => {
    const text = await cli.run(["create", "--name", "Text"], { env });
    match(text.stdout, /send it to teammates only:\n {2}vscode:\/\/\S+token=/);
    for (const args of [
      ["rooms"],
      ["room", "show", "--room", made.code],
      ["participants", "--room", made.code],
    ]) {
      const { stdout, stderr } = await cli.run(args, { env });
      doesNotMatch(stdout + stderr, /token=|open sesame/);
      doesNotMatch(stdout + stderr, new RegExp(`${made.memberToken}|${made.hostToken}`));
    }
  });

  it("N1: what is no invite, or contradicts one, is said without repeating it", async () => {
    const bad = `${made.invite.replace("hub=http", "hub=ftp")}`;
    for (const [args, message] of [
      [["participants", "--invite", bad], /cut off or damaged/],
      [
        ["participants", "--invite", `Join us: ${made.invite.slice(0, -30)}`],
        /cut off or damaged.*Copy it whole/s,
      ],
      [["participants", "--invite", "http://hub.lan"], /no invite link/],
      [["participants", "--invite", made.invite, "--room", made.code], /names hub and room already/],
    ] as const) {
      const { exit, stderr } = await cli.run(args, { env: elsewhere });
      equal(exit.code, 1);
      match(stderr, message);
      doesNotMatch(stderr, new RegExp(made.memberToken));
    }
    const lying = { ...elsewhere, LLM_ROOMS_INVITE: made.invite };
    const fits = await cli.run(["participants", "--room", made.code.toLowerCase()], { env: lying });
    equal(fits.exit.code, 0, fits.stderr);
    const other = await cli.run(["participants", "--room", "ZZZZZZ"], { env: lying });
    equal(other.exit.code, 1);
    match(other.stderr, /invite in LLM_ROOMS_INVITE is for another room/);
    doesNotMatch(other.stderr, new RegExp(made.memberToken));
    const empty = await cli.run(["participants", "--invite", "-"], { env: elsewhere, input: "" });
    match(empty.stderr, /no invite link/);
  });

  it("N2: damaged files of one's own are named, and tokens that cannot be kept are shown", async () => {
    const folder = join(cli.home, "rooms");
    const [file = ""] = await readdir(folder);
    await writeFile(join(folder, file), "{");
    const { exit, stderr } = await cli.run(["room", "rename", "x", "--room", made.code], { env });
    equal(exit.code, 1);
    match(stderr, new RegExp(`${file} is damaged`));
    // A list leaves it out.
    await writeFile(join(folder, file), JSON.stringify({ hubUrl: "no hub", code: "A", name: "x" }));
    deepEqual(await json(["rooms", "--json"], env), []);
    await rm(folder, { recursive: true });
    await writeFile(folder, "in the way");
    const created = await cli.run(["create", "--name", "Two", "--json"], { env });
    equal(created.exit.code, 0);
    const { hostToken } = JSON.parse(created.stdout) as Made;
    match(created.stderr, new RegExp(`cannot be written.*\n.*${hostToken}`));
  });

  it("N2: whoever has no home is told so, after the room's host token", async () => {
    const nowhere = { ...env, LLM_ROOMS_HOME: "", XDG_STATE_HOME: "", HOME: "" };
    const created = await cli.run(["create", "--name", "Two", "--json"], { env: nowhere });
    equal(created.exit.code, 0, created.stderr);
    match(created.stderr, new RegExp(`no home folder[^]*${JSON.parse(created.stdout).hostToken}`));
    const rooms = await cli.run(["rooms", "--hub", "http://127.0.0.1:9"], { env: nowhere });
    match(rooms.stderr, /^This user has no home folder.*\nName a folder.*\n$/);
    const hub = cli.start(["hub", "--port", "0", "--json"], { env: nowhere });
    await hub.shows(/"url"/);
    await hub.kill("SIGTERM");
    match(hub.stderr, /no home folder.*LLM_ROOMS_HOME\. Other commands need --hub\.\n/);
  });

  it("N2: what the hub has done is told, also where it cannot be kept", async () => {
    const run = async (...args: string[]) => {
      const program = cli.startOnFullDisk(["room", ...args], { env });
      equal((await program.exited).code, 0, program.stderr);
      return program;
    };
    const renamed = await run("rename", "Ours");
    match(renamed.stdout, /is called "Ours" now/);
    match(renamed.stderr, /The hub has done it, but: .*cannot be written/);
    const rotated = await run("rotate", "--json");
    match(rotated.stderr, /cannot be written/);
    const { memberToken } = JSON.parse(rotated.stdout) as Made;
    equal((await client(memberToken).getRoom(made.code)).name, "Ours");
  });
});

describe("llm-rooms with an encrypted hub", () => {
  const makeFolder = useTempFolders();
  let cli: CliRunner;
  beforeEach(() => {
    cli = new CliRunner();
  });
  afterEach(() => cli.dispose());

  async function startHub() {
    const hub = cli.start(["hub", "--port", "0", "--json", "--tls"]);
    const [line] = await hub.shows(/^.*\n/);
    return JSON.parse(line) as { url: string; fingerprint: string };
  }

  it("N1: an invite brings the certificate; this machine knows its own hub's", async () => {
    const { url, fingerprint } = await startHub();
    const env = { LLM_ROOMS_HUB: url.replace("127.0.0.1", "localhost") };
    const made = JSON.parse((await cli.run(["create", "--name", "Team", "--json"], { env })).stdout) as Made;
    equal(readInvite(made.invite)?.fingerprint, fingerprint);
    const publicly = (url: string, ...args: string[]) =>
      cli.run([...args, "--public-url", url, "--json"], { env });
    const named = JSON.parse((await publicly("hub.lan", "room", "invite")).stdout) as Made;
    deepEqual(
      [readInvite(named.invite)?.hubUrl, readInvite(named.invite)?.fingerprint],
      [`https://hub.lan:${new URL(url).port}`, fingerprint],
    );
    for (const args of [
      ["room", "invite"],
      ["room", "rotate"],
      ["create", "--name", "Two"],
    ]) {
      const { exit, stdout, stderr } = await publicly("http://hub.lan", ...args);
      deepEqual([exit.code, stdout], [1, ""]);
      match(stderr, /encrypted, and --public-url is not.*\nBegin it with https/);
    }
    // Nothing was changed: neither a room made, nor the key.
    const rooms = JSON.parse((await cli.run(["rooms", "--json"], { env })).stdout) as Made[];
    equal(rooms.length, 1);
    const elsewhere = { LLM_ROOMS_HOME: await makeFolder() };
    const asked = await cli.run(["room", "show", "--invite", made.invite], { env: elsewhere });
    equal(asked.exit.code, 0, asked.stderr);
    const unpinned = await cli.run(["rooms", "--hub", url], { env: elsewhere });
    equal(unpinned.exit.code, 1);
    match(unpinned.stderr, /invite link/);
  });

  it("N1: a fingerprint can be given by hand, and a wrong one lets nothing through", async () => {
    const { url, fingerprint } = await startHub();
    const elsewhere = { LLM_ROOMS_HOME: await makeFolder() };
    const short = fingerprint.replaceAll(":", "").toLowerCase();
    const pinned = await cli.run(["rooms", "--hub", url, "--fingerprint", short], { env: elsewhere });
    equal(pinned.exit.code, 0, pinned.stderr);
    const wrong = `${short.slice(0, -2)}${short.endsWith("00") ? "11" : "00"}`;
    const refused = await cli.run(["rooms", "--hub", url, "--fingerprint", wrong], { env: elsewhere });
    equal(refused.exit.code, 1);
    match(refused.stderr, /another certificate/);
    const link = writeInvite({ hubUrl: url, roomCode: "ABC234", fingerprint });
    const torn = await cli.run(["participants", "--invite", link, "--fingerprint", wrong], {
      env: elsewhere,
    });
    equal(torn.exit.code, 1);
    match(torn.stderr, /names another certificate than --fingerprint.*\nNothing was sent/);
    const nonsense = await cli.run(["rooms", "--hub", url, "--fingerprint", "AB:CD"], { env: elsewhere });
    match(nonsense.stderr, /32 pairs of hex digits/);
  });

  it("N7: what is kept of a room is not sent to whoever an invite names in its hub's place", async () => {
    const { url, fingerprint } = await startHub();
    const man = await ManInTheMiddle.start(Number(new URL(url).port));
    try {
      const env = { LLM_ROOMS_HUB: man.url };
      const create = ["create", "--name", "Team", "--fingerprint", fingerprint, "--json"];
      const { code, hostToken, memberToken } = JSON.parse((await cli.run(create, { env })).stdout) as Made;
      const link = (given: { fingerprint?: string }) =>
        writeInvite({ hubUrl: man.url, roomCode: code, ...given });
      for (const given of [{}, { fingerprint }]) {
        const own = await cli.run(["room", "rename", "Ours", "--invite", link(given)]);
        equal(own.exit.code, 0, own.stderr);
      }
      man.intercept(() => true);
      const strange = link({ fingerprint: man.fingerprint });
      const asking = cli.start(["participants", "--invite", strange]);
      await eventually(() => man.plaintext.includes("\r\n\r\n"));
      man.cut();
      equal((await asking.exited).code, 1);
      const ruling = await cli.run(["room", "rename", "Mine", "--invite", strange]);
      match(ruling.stderr, /no host token for it is kept here/);
      match(man.plaintext, /^GET /);
      doesNotMatch(man.plaintext, new RegExp(`authorization|${hostToken}|${memberToken}`, "i"));
    } finally {
      await man.close();
    }
    const share = { roomCode: "ABC234", endpoint: "http://localhost:11434", model: "llama3" };
    const ids = [{}, { fingerprint }, { fingerprint: man.fingerprint }].map((hub) =>
      participantIdFor({ ...share, ...hub }),
    );
    equal(new Set(ids).size, 3, "an id's token is kept under the id");
  });
});
