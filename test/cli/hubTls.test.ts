import { doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HubClient } from "../../src/client/hubClient";
import { CliRunner } from "../support/cliRunner";
import { useTempFolders } from "../support/tempFolder";

describe("llm-rooms hub, encrypted and kept", () => {
  const makeFolder = useTempFolders();
  let cli: CliRunner;
  beforeEach(() => {
    cli = new CliRunner();
  });
  afterEach(() => cli.dispose());

  /** What a hub says of itself with --json. */
  async function startHub(...args: string[]) {
    const hub = cli.start(["hub", "--port", "0", "--json", ...args]);
    const [line] = await hub.shows(/^.*\n/);
    const { url, fingerprint } = JSON.parse(line) as { url: string; fingerprint?: string };
    return { hub, url, fingerprint };
  }

  it("K5: --tls makes a certificate once, and later starts have the same fingerprint", async () => {
    const first = await startHub("--tls");
    match(first.url, /^https:\/\/127\.0\.0\.1:\d+$/);
    equal((await new HubClient(first.url, { fingerprint: first.fingerprint }).health()).status, "ok");
    await first.hub.kill("SIGTERM");
    const second = await startHub("--tls");
    ok(first.fingerprint);
    equal(second.fingerprint, first.fingerprint);
    equal((await stat(join(cli.home, "tls", "key.pem"))).mode & 0o777, 0o600);
  });

  it("K5: with --data it lies there, beside the rooms, which outlive the hub", async () => {
    const folder = await makeFolder();
    const first = await startHub("--tls", "--data", folder);
    const { fingerprint } = first;
    const body = { name: "Team", access: "open" } as const;
    const { room } = await new HubClient(first.url, { fingerprint }).createRoom(body);
    await first.hub.kill("SIGTERM");
    const names = await readdir(folder);
    ok(names.includes("tls") && names.includes("rooms.json"), names.join());
    const second = await startHub("--tls", "--data", folder);
    equal(second.fingerprint, fingerprint);
    equal((await new HubClient(second.url, { fingerprint }).getRoom(room.code)).name, "Team");
  });

  it("N1: whoever made a room with a fingerprint need not give it again", async () => {
    const { url, fingerprint = "" } = await startHub("--tls");
    const env = { LLM_ROOMS_HOME: await makeFolder() };
    const made = await cli.run(["create", "--name", "Team", "--hub", url, "--fingerprint", fingerprint], {
      env,
    });
    const [, options = ""] = /chat( --hub .*) "Hello"/.exec(made.stdout) ?? [];
    match(options, /^ --hub https:\S+ --room \w+$/);
    const shown = await cli.run(["room", "show", ...options.trim().split(" ")], { env });
    equal(shown.exit.code, 0, shown.stderr);
  });

  it("K1: takes a certificate of one's own", async () => {
    const own = await startHub("--tls");
    const tls = join(cli.home, "tls");
    await own.hub.kill("SIGTERM");
    const given = await startHub("--cert", join(tls, "certificate.pem"), "--key", join(tls, "key.pem"));
    equal(given.fingerprint, own.fingerprint);
  });

  it("K5: says what is wrong with a certificate, a key or a folder, without a stack", async () => {
    const folder = await makeFolder();
    await writeFile(join(folder, "bad.pem"), "nothing");
    const bad = join(folder, "bad.pem");
    const cases: [string[], RegExp][] = [
      [["--cert", bad], /--key is missing/],
      [["--cert", bad, "--key", bad], /certificate cannot be read/],
      [["--cert", join(folder, "none"), "--key", bad], /Cannot read .*none \(ENOENT\)/],
      [["--tls", "--cert", bad, "--key", bad], /--tls.*cannot be used with.*--cert/],
      [["--data", bad], /bad\.pem is a file, not a folder/],
      [["--tls", "--data", bad], /bad\.pem is a file, not a folder/],
      [["--data", ""], /--data.*It must name a folder/],
    ];
    for (const [args, message] of cases) {
      const { exit, stderr, stdout } = await cli.run(["hub", "--port", "0", ...args]);
      notEqual(exit.code, 0);
      equal(stdout, "");
      match(stderr, message);
      doesNotMatch(stderr, /\n\s+at |This is a bug/);
    }
  });

  it("starts where nothing can be kept for its user, and says what other commands then need", async () => {
    const folder = await makeFolder();
    await writeFile(join(folder, "file"), "");
    const env = { LLM_ROOMS_HOME: join(folder, "file", "home") };
    const hub = cli.start(["hub", "--port", "0", "--tls", "--data", join(folder, "data")], { env });
    await hub.shows(/Ctrl\+C/);
    await hub.kill("SIGTERM");
    match(hub.stderr, /^\S+ cannot be written.*Other commands need --hub and --fingerprint\.\n$/);
    doesNotMatch(hub.stderr, /HumanError/);
  });

  it("says to whom it is open: reach, encryption, what is kept", async () => {
    const folder = await makeFolder();
    const open = cli.start(["hub", "--port", "0", "--host", "0.0.0.0", "--tls", "--data", folder]);
    await open.shows(/Ctrl\+C/);
    match(
      open.stdout,
      /https:\/\/127\.0\.0\.1:\d+\nFingerprint of its certificate \(SHA-256\): ([0-9A-F]{2}:){31}/,
    );
    doesNotMatch(open.stdout, /nothing is encrypted/);
    match(open.stdout, new RegExp(`Rooms are kept in ${folder}`));
    const alone = cli.start(["hub", "--port", "0"]);
    await alone.shows(/Ctrl\+C/);
    match(alone.stdout, /Only this machine reaches the hub/);
    match(alone.stdout, /Rooms end with the hub/);
  });
});
