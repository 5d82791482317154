import { equal, match } from "node:assert/strict";
import { version } from "../../package.json";
import { CliRunner } from "../support/cliRunner";

describe("terminal program", () => {
  const cli = new CliRunner();
  afterEach(() => cli.dispose());

  it("tells its version", async () => {
    const { stdout, exit } = await cli.run(["--version"]);
    equal(stdout, `${version}\n`);
    equal(exit.code, 0);
  });

  it("explains every command in its help", async () => {
    const { stdout } = await cli.run(["--help"]);
    for (const name of ["hub", "hubs", "create", "room", "rooms", "share", "participants", "chat", "demo"]) {
      match(stdout, new RegExp(`^  ${name}\\b.* {2,}\\S|^  ${name}\\b`, "m"));
    }
    match(stdout, /LLM_ROOMS_PASSWORD/);
    // What belongs together stands together.
    match(
      stdout,
      /Use a room:\n {2}share[^:]*Make and rule rooms:\n {2}create[^:]*: show[^:]*Run and find hubs:\n {2}hub/,
    );
    for (const name of ["show", "invite", "rename", "remove", "rotate", "close"]) {
      const help = (await cli.run(["room", name, "--help"])).stdout;
      match(help, /Which room:\n +--invite/);
    }
  });

  it("refuses what it does not know, with a way to the help", async () => {
    for (const args of [
      ["frobnicate"],
      ["hub", "--frobnicate"],
      ["hub", "--port", "70000"],
      ["create"],
      ["room", "rename"],
    ]) {
      const { stderr, stdout, exit } = await cli.run(args);
      equal(exit.code, 1, args.join(" "));
      equal(stdout, "");
      match(stderr, /^error: /);
      match(stderr, /--help/);
    }
  });

  it("takes no empty name for one: it is a script's variable that was not set", async () => {
    for (const [args, message] of [
      [["participants", "--room", ""], /--room.*It must name the room/],
      [["chat", "--to", " ", "hi"], /--to.*It must name a participant or model/],
      [["chat", "--nickname", "", "hi"], /--nickname.*It must name you/],
      [["share", "--nickname", " "], /--nickname.*It must name you/],
      [["share", "--model", ""], /--model.*It must name a model/],
      [["hub", "--host", ""], /--host.*It must name an address/],
      [["create", "--name", ""], /--name.*It must name the room/],
      [["room", "rename", ""], /name.*It must name the room/],
      [["room", "remove", ""], /participant.*It must name a participant/],
    ] as const) {
      const { stderr, exit } = await cli.run(args, { env: { LLM_ROOMS_HUB: "http://127.0.0.1:9" } });
      equal(exit.code, 1, args.join(" "));
      match(stderr, message);
    }
  });

  it("does not pass for done where its output cannot be written", async () => {
    const { url } = await cli.startHub();
    const create = cli.startInShell(["create", "--name", "x", "--hub", url, ">/dev/full;", "echo", "$?"]);
    await create.exited;
    equal(create.stdout, "1\n");
    match(create.stderr, /output cannot be written \(ENOSPC\)/);
    const read = cli.startInShell(["participants", "--help", "|", "head", "-c1"]);
    await read.exited;
    equal(read.stderr, "");
  });

  it("says what to do where no hub answers, without a stack", async () => {
    for (const args of [
      ["rooms"],
      ["create", "--name", "x"],
      ["share"],
      ["chat", "--room", "ABCDEF", "hi"],
    ]) {
      const { stderr, exit } = await cli.run([...args, "--hub", "http://127.0.0.1:9"]);
      equal(exit.code, 1, args.join(" "));
      match(stderr, /127\.0\.0\.1:9/);
      equal(/\n\s+at /.test(stderr), false, stderr);
    }
  });
});
