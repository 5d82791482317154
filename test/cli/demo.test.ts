import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { HubClient } from "../../src/client/hubClient";
import { CliRunner } from "../support/cliRunner";
import { eventually } from "../support/eventually";

describe("llm-rooms demo", function () {
  // It asks the usual ports for providers and reads the machine's specs first.
  this.timeout(60_000);
  const cli = new CliRunner();
  let temporary: string;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), "llm-rooms-test-"));
    env = { TMPDIR: temporary, DISPLAY: "", WAYLAND_DISPLAY: "" };
  });
  afterEach(async () => {
    await cli.dispose();
    await rm(temporary, { recursive: true, force: true });
  });

  it("starts a hub, a room and participants that answer, and ends all of them", async () => {
    const demo = cli.start(["demo", "--no-open", "--built-in", "--json"], { env });
    const [line] = await demo.shows(/^.*\n/);
    const { hub, room, url } = JSON.parse(line);
    equal(url, null);
    const participants = await new HubClient(hub).listParticipants(room);
    ok(participants.length >= 2);
    for (const { status } of participants) equal(status, "online");

    const to = participants[0]?.id ?? "";
    const asked = await cli.run(["chat", "--hub", hub, "--room", room, "--to", to, "Who is in this room?"]);
    equal(asked.exit.code, 0, asked.stderr);
    match(asked.stdout, /not a language model/);
    for (const { nickname } of participants) match(asked.stdout, new RegExp(nickname));

    deepEqual(await demo.kill("SIGINT"), { code: 0, signal: null });
    await rejects(fetch(`${hub}/v1/health`));
    for (const { endpoint } of participants) await rejects(fetch(endpoint));
    equal(demo.stdout, line);
    deepEqual(await readdir(temporary), []);
  });

  it("says what to do, to a person", async () => {
    const demo = cli.start(["demo", "--no-open", "--built-in"], { env });
    await demo.shows(/Ctrl\+C ends all of it/);
    match(demo.stdout, /Room {2}Demo, code [A-Z2-9]{6}/);
    match(demo.stdout, /chat --hub http:\/\/127\.0\.0\.1:\d+ --room/);
    doesNotMatch(demo.stdout, /undefined|null/);
    equal((await demo.kill("SIGTERM")).code, 0);
  });

  it("takes two signals close together as one press: npm passes on what the terminal sent already", async () => {
    const demo = cli.start(["demo", "--no-open", "--built-in", "--json"], { env });
    const [line] = await demo.shows(/^.*\n/);
    demo.child.kill("SIGINT");
    deepEqual(await demo.kill("SIGINT"), { code: 0, signal: null });
    await rejects(fetch(`${JSON.parse(line).hub}/v1/health`));
  });

  it("ends with the shell that npm started it by, and leaves nothing", async () => {
    const shell = cli.startInShell(["demo", "--no-open", "--built-in", "--json"], {
      env: { ...env, npm_lifecycle_event: "start" },
    });
    const [line] = await shell.shows(/^.*\n/);
    const { hub } = JSON.parse(line);
    equal((await fetch(`${hub}/v1/health`)).status, 200);
    shell.child.kill("SIGKILL");
    // The demo holds the shell's stdout: it closes when the demo has ended too.
    await shell.exited;
    await rejects(fetch(`${hub}/v1/health`));
    deepEqual(await readdir(temporary), []);
  });

  it("opens the desktop's VS Code in the room, and ends it", async () => {
    const bin = await fakeCode(temporary);
    const demo = cli.start(["demo", "--built-in", "--json"], {
      env: { ...env, DISPLAY: ":99", SSH_CONNECTION: "", PATH: `${bin}${delimiter}${process.env.PATH}` },
    });
    const [line] = await demo.shows(/^.*\n/);
    const { hub, room, url } = JSON.parse(line);
    equal(url, null);
    const seen = (await readFile(join(bin, "arguments"), "utf8")).split("\n");
    ok(seen.some((argument) => argument.startsWith("--extensionDevelopmentPath=/")));
    ok(seen.includes("--new-window"));
    const profile = seen[seen.indexOf("--user-data-dir") + 1] ?? "";
    const settings = JSON.parse(await readFile(join(profile, "User", "settings.json"), "utf8"));
    equal(settings["llmRooms.hubUrl"], hub);
    equal(settings["llmRooms.roomCode"], room);
    equal(settings["llmRooms.autoJoin"], true);
    ok(settings["llmRooms.nickname"]);

    const pid = Number(await readFile(join(profile, "code.lock"), "utf8"));
    equal((await demo.kill("SIGINT")).code, 0);
    await eventually(() => !isRunning(pid));
    deepEqual(
      (await readdir(temporary)).filter((name) => name.startsWith("llm-rooms-demo-")),
      [],
    );
  });
});

/** A stand-in for VS Code's launcher: notes its arguments, leaves a process behind, and writes its lock as VS Code does. */
async function fakeCode(folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(
    join(bin, "code"),
    `#!/bin/sh
printf '%s\\n' "$@" > "${bin}/arguments"
while [ $# -gt 0 ]; do
  if [ "$1" = --user-data-dir ]; then profile="$2"; fi
  shift
done
sleep 300 > /dev/null 2>&1 &
printf %s $! > "$profile/code.lock"
`,
  );
  await chmod(join(bin, "code"), 0o755);
  return bin;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: it is gone.
    return false;
  }
}
