import { deepEqual, equal, match } from "node:assert/strict";
import { version } from "../../package.json";
import { CliRunner } from "../support/cliRunner";
import { loopbackMulticast, MulticastListener } from "../support/multicast";

describe("llm-rooms hubs", () => {
  let cli: CliRunner;
  let env: NodeJS.ProcessEnv;
  let listener: MulticastListener;
  beforeEach(async () => {
    cli = new CliRunner();
    const network = await loopbackMulticast();
    env = { LLM_ROOMS_MDNS: `${network.interface}:${network.port}` };
    listener = await MulticastListener.open(network.port);
  });
  afterEach(async () => {
    await cli.dispose();
    await listener.close();
  });

  async function startHub(...args: string[]) {
    const hub = cli.start(["hub", "--port", "0", "--json", ...args], { env });
    const [line] = await hub.shows(/^.*\n/);
    const { url, fingerprint } = JSON.parse(line) as { url: string; fingerprint?: string };
    return { hub, port: new URL(url).port, fingerprint };
  }

  it("N3: lists a hub that lets other machines in, until it ends", async () => {
    const { hub, port, fingerprint } = await startHub("--host", "0.0.0.0", "--tls");
    const { stdout } = await cli.run(["hubs", "--json", "--wait", "1"], { env });
    const [found, ...more] = JSON.parse(stdout);
    deepEqual(more, []);
    match(found.hubUrl, new RegExp(`^https://[\\d.]+:${port}$`));
    deepEqual([found.version, found.fingerprint], [version, fingerprint]);
    const text = await cli.run(["hubs", "--wait", "1"], { env });
    match(
      text.stdout,
      new RegExp(`^HUB .*\nhttps://[\\d.]+:${port} +LLM Rooms on .* llm-rooms ${version}\n$`),
    );
    match(text.stderr, /an invite link proves/);
    equal((await hub.kill("SIGTERM")).code, 0);
    match((await cli.run(["hubs", "--wait", "0.3"], { env })).stdout, /No hub is announced/);
  });

  it("N3: a hub on loopback, and one that was told not to, says nothing to the network", async () => {
    for (const args of [[], ["--host", "0.0.0.0", "--no-announce"]]) {
      const { hub } = await startHub(...args);
      await hub.kill("SIGTERM");
    }
    env = { LLM_ROOMS_MDNS: "off" };
    const { hub } = await startHub("--host", "0.0.0.0");
    await hub.kill("SIGTERM");
    await listener.settle();
    equal(listener.messages, 0);
  });

  it("says that looking is switched off, and what a wrong setting should be", async () => {
    const off = await cli.run(["hubs"]);
    equal(off.exit.code, 1);
    match(off.stderr, /switched off by LLM_ROOMS_MDNS/);
    for (const args of [["hubs"], ["hub", "--port", "0"]]) {
      for (const setting of ["somewhere", "127.0.0.1:65536"]) {
        const wrong = await cli.run(args, { env: { LLM_ROOMS_MDNS: setting } });
        equal(wrong.exit.code, 1);
        match(wrong.stderr, /neither off nor an address/);
      }
    }
  });
});
