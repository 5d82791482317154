import { equal } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";
import { readInvite } from "../../src/protocol/invite";
import { CliRunner } from "../support/cliRunner";
import { useTempFolders } from "../support/tempFolder";

const key = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

describe("the fingerprint in an invite", () => {
  const makeFolder = useTempFolders();
  let cli: CliRunner;
  beforeEach(() => {
    cli = new CliRunner();
  });
  afterEach(() => cli.dispose());

  async function startHub(...args: string[]) {
    const hub = cli.start(["hub", "--port", "0", "--json", ...args]);
    const [line] = await hub.shows(/^.*\n/);
    return JSON.parse(line) as { url: string; fingerprint: string };
  }

  async function invited(hub: string, publicUrl: string, authority?: string) {
    const env = { LLM_ROOMS_HUB: hub, ...(authority && { NODE_EXTRA_CA_CERTS: authority }) };
    const { exit, stdout, stderr } = await cli.run(["room", "invite", "--public-url", publicUrl, "--json"], {
      env,
    });
    equal(exit.code, 0, stderr);
    return readInvite(JSON.parse(stdout).invite);
  }

  it("N1: is left out where an authority vouches for the certificate by the invite's host", async () => {
    const folder = await makeFolder();
    const ca = await generate([{ name: "commonName", value: "Test authority" }], {
      ...key,
      extensions: [
        { name: "basicConstraints", cA: true, critical: true },
        { name: "keyUsage", keyCertSign: true, critical: true },
      ],
    });
    const leaf = await generate([{ name: "commonName", value: "localhost" }], {
      ...key,
      ca: { cert: ca.cert, key: ca.private },
      extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
    });
    const path = (name: string) => join(folder, name);
    await writeFile(path("ca.pem"), ca.cert);
    await writeFile(path("cert.pem"), leaf.cert);
    await writeFile(path("key.pem"), leaf.private);
    const { url, fingerprint } = await startHub("--cert", path("cert.pem"), "--key", path("key.pem"));
    await cli.run(["create", "--name", "Team"], { env: { LLM_ROOMS_HUB: url } });
    const named = url.replace("127.0.0.1", "localhost");
    equal((await invited(url, named, path("ca.pem")))?.fingerprint, undefined);
    // Not by an address that it does not name, nor where nobody vouches for it.
    equal((await invited(url, url, path("ca.pem")))?.fingerprint, fingerprint);
    equal((await invited(url, named))?.fingerprint, fingerprint);
  });

  it("N1: of a hub's own certificate it stays, also where this machine was told to trust that", async () => {
    const { url, fingerprint } = await startHub("--tls");
    await cli.run(["create", "--name", "Team"], { env: { LLM_ROOMS_HUB: url } });
    equal((await invited(url, url, join(cli.home, "tls", "certificate.pem")))?.fingerprint, fingerprint);
  });
});
