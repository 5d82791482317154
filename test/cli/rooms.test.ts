import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KeptSecrets } from "../../src/cli/keptSecrets";
import { HubClient } from "../../src/client/hubClient";
import { paths } from "../../src/protocol/paths";
import { CliRunner } from "../support/cliRunner";

describe("llm-rooms create, rooms, participants, chat", () => {
  const cli = new CliRunner();
  let env: { LLM_ROOMS_HUB: string };

  beforeEach(async () => {
    env = { LLM_ROOMS_HUB: (await cli.startHub()).url };
  });
  afterEach(() => cli.dispose());

  it("makes a room, and lists it", async () => {
    match((await cli.run(["rooms"], { env })).stdout, /No rooms to be seen/);
    const { stdout } = await cli.run(["create", "--name", "Team", "--json"], { env });
    const { code, name, endpoint } = JSON.parse(stdout);
    equal(name, "Team");
    equal(endpoint, `${env.LLM_ROOMS_HUB}/rooms/${code}/v1`);
    const [room] = JSON.parse((await cli.run(["rooms", "--json"], { env })).stdout);
    deepEqual([room.code, room.name, room.passwordProtected], [code, "Team", false]);
    match((await cli.run(["rooms"], { env })).stdout, new RegExp(`${code} +Team +0 +open\\n`));
  });

  it("asks for many rooms of its own at once, without a warning of Node 20's", async () => {
    const hubUrl = env.LLM_ROOMS_HUB;
    const kept = new KeptSecrets({ LLM_ROOMS_HOME: cli.home });
    for (let made = 0; made < 15; made++) {
      const { room, hostToken } = await new HubClient(hubUrl).createRoom({
        name: "Team",
        access: "protected",
      });
      await kept.keepRoom({ hubUrl, code: room.code, name: room.name, ...(hostToken && { hostToken }) });
    }
    const { stdout, stderr } = await cli.run(["rooms", "--json"], { env });
    equal(JSON.parse(stdout).length, 15);
    equal(stderr, "");
  });

  it("makes a room with a password that it shows to nobody", async () => {
    const made = await cli.run(["create", "--name", "Team", "--password", "open sesame"], { env });
    const listed = await cli.run(["rooms"], { env });
    match(listed.stdout, /password to share/);
    for (const { stdout, stderr } of [made, listed]) equal(/sesame/.test(stdout + stderr), false);
  });

  it("prints a hostile hub's names without what would drive the terminal", async () => {
    const room = { id: "r", code: "ABC234", name: "a\u001b[2Jb\u0007", hostId: "h", createdAt: 1 };
    const rooms = [{ ...room, participantCount: 0, passwordProtected: false }];
    const hub = createServer(({ url }, response) => {
      const data = url === paths.health ? { status: "ok", timestamp: 1 } : rooms;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ data, meta: { requestId: "1" } }));
    });
    hub.listen(0, "127.0.0.1");
    await once(hub, "listening");
    try {
      const { port } = hub.address() as AddressInfo;
      const { stdout } = await cli.run(["rooms", "--hub", `http://127.0.0.1:${port}`]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      equal(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(stdout), false);
      match(stdout, /a\[2Jb/);
    } finally {
      hub.closeAllConnections();
      hub.close();
    }
  });

  it("says that nobody shares yet, and what a chat would need", async () => {
    await cli.run(["create", "--name", "Team"], { env });
    match((await cli.run(["participants"], { env })).stdout, /cli\.js share/);
    const { exit, stderr, stdout } = await cli.run(["chat", "Hello"], { env });
    equal(exit.code, 1);
    equal(stdout, "");
    match(stderr, /\S/);
  });

  it("suggests commands that call the hub that was named", async () => {
    const hub = env.LLM_ROOMS_HUB;
    const suggested = async (...args: string[]) => {
      const { stdout, stderr } = await cli.run([...args, "--hub", hub]);
      return stdout + stderr;
    };
    match(await suggested("rooms"), new RegExp(`cli\\.js create --hub ${hub} --name Team`));
    match(await suggested("participants"), new RegExp(`cli\\.js create --hub ${hub} --name Team`));
    const made = await suggested("create", "--name", "Team");
    match(made, new RegExp(`cli\\.js share --hub ${hub} --room \\w+\n`));
    match(await suggested("participants"), new RegExp(`cli\\.js share --hub ${hub} --room`));
    for (const to of ["Nobody", "model:none"])
      match(
        await suggested("chat", "--to", to, "Hello"),
        new RegExp(`\nThis lists.*participants --hub ${hub}\n`),
      );
    match(await suggested("chat", "Hello"), /^Nobody shares a model.*\nShare one/);
  });

  it("refuses an empty prompt", async () => {
    const { exit, stderr } = await cli.run(["chat"], { env, input: " \n" });
    equal(exit.code, 1);
    match(stderr, /nothing to ask/);
  });

  it("says so where the room is not there", async () => {
    const { exit, stderr } = await cli.run(["participants", "--room", "ZZZZZZ"], { env });
    equal(exit.code, 1);
    match(stderr, /room/i);
  });
});
