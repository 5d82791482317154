import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keptCertificate } from "../../src/cli/keptCertificate";
import { userFolder } from "../../src/cli/userFolder";
import { fingerprintOf } from "../../src/hub/certificate";
import { useTempFolders } from "../support/tempFolder";

const YEAR_MS = 365 * 24 * 60 * 60 * 1_000;

describe("the hub's own certificate", () => {
  const makeFolder = useTempFolders();
  let folder: string;
  beforeEach(async () => {
    folder = join(await makeFolder(), "state", "tls");
  });

  it("K5: is made once, for this machine's names, and the same at each start", async () => {
    const first = await keptCertificate(folder, ["hub.example", "10.1.2.3", "0.0.0.0", "not a name"]);
    const certificate = new X509Certificate(first.cert);
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
    for (const name of ["localhost", "hub.example"]) assert.ok(certificate.checkHost(name), name);
    for (const address of ["127.0.0.1", "::1", "10.1.2.3"]) assert.ok(certificate.checkIP(address), address);
    assert.doesNotMatch(certificate.subjectAltName ?? "", /0\.0\.0\.0|not a name/);
    assert.ok(Date.parse(certificate.validTo) > Date.now() + 9 * YEAR_MS);
    assert.ok(Date.parse(certificate.validFrom) < Date.now());
    const second = await keptCertificate(folder, []);
    assert.equal(fingerprintOf(second), fingerprintOf(first));
  });

  it("K5: has a key that its owner alone may read", async () => {
    await keptCertificate(folder, []);
    assert.equal((await stat(join(folder, "key.pem"))).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  it("K5: is one for all hubs that start at once", async () => {
    const kept = await Promise.all(Array.from({ length: 6 }, () => keptCertificate(folder, [])));
    assert.equal(new Set(kept.map(fingerprintOf)).size, 1);
    assert.deepEqual(await readdir(join(folder, "..")), ["tls"]);
  });

  it("K5: is never replaced in silence: damaged, halved, mixed and expired ones are refused", async () => {
    await keptCertificate(folder, []);
    const refused = (message: RegExp, now?: number) =>
      assert.rejects(keptCertificate(folder, [], now), { code: "SETUP_FAILED", message, hint: /new invite/ });
    await refused(/has expired on/, Date.now() + 11 * YEAR_MS);
    const otherFolder = join(await makeFolder(), "tls");
    const other = await keptCertificate(otherFolder, []);
    await writeFile(join(folder, "key.pem"), other.key);
    await refused(/cannot be used/);
    await writeFile(join(folder, "certificate.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n");
    await refused(/cannot be used/);
    await rm(join(folder, "certificate.pem"));
    await refused(/certificate\.pem is missing/);
    await writeFile(join(folder, "certificate.pem"), other.cert);
    await rm(join(folder, "key.pem"));
    await refused(/key\.pem is missing/);
  });

  it("K5: a folder that cannot be used is said", async () => {
    await writeFile(join(folder, "..", "..", "file"), "");
    const below = join(folder, "..", "..", "file", "tls");
    for (const unusable of [below, "/proc/rooms/below/tls"])
      await assert.rejects(keptCertificate(unusable, []), {
        code: "SETUP_FAILED",
        message: /Cannot read|Cannot make/,
      });
  });

  it("lies in the user's own folder", () => {
    const home = { LLM_ROOMS_HOME: "/x", XDG_STATE_HOME: "/state", LOCALAPPDATA: "/local" };
    assert.equal(userFolder(home, "linux"), "/x");
    const { LLM_ROOMS_HOME: _, ...env } = home;
    assert.equal(userFolder(env, "linux"), join("/state", "llm-rooms"));
    assert.equal(userFolder(env, "win32"), join("/local", "LLM Rooms"));
    assert.match(userFolder({}, "darwin"), /Library.Application Support.LLM Rooms$/);
    assert.match(userFolder({}, "linux"), /\.local.state.llm-rooms$/);
    const { HOME } = process.env;
    process.env.HOME = "";
    try {
      assert.throws(() => userFolder({}, "linux"), /no home folder/);
    } finally {
      process.env.HOME = HOME;
    }
  });
});
