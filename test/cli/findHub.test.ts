import { equal, rejects } from "node:assert/strict";
import { findHub, ownHubUrl } from "../../src/cli/findHub";
import { KeptSecrets } from "../../src/cli/keptSecrets";
import { useTempFolders } from "../support/tempFolder";

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => (at + 200).toString(16).toUpperCase()).join(":");

describe("which hub a command calls", () => {
  const makeFolder = useTempFolders();
  let env: NodeJS.ProcessEnv;
  beforeEach(async () => {
    env = { LLM_ROOMS_HOME: await makeFolder() };
  });

  it("is this machine's own, encrypted where the one that was started last is", async () => {
    equal(await ownHubUrl(env), "http://localhost:5567");
    const kept = new KeptSecrets(env);
    await kept.keepHub("https://127.0.0.1:5567", FINGERPRINT);
    equal(await ownHubUrl(env), "https://localhost:5567");
    equal((await findHub({ env }, {})).fingerprint, FINGERPRINT);
    await kept.forgetHub("https://127.0.0.1:5567");
    equal((await findHub({ env }, {})).hubUrl, "http://localhost:5567");
  });

  it("takes a fingerprint from the environment in each form that the option takes, and names what is none", async () => {
    env.LLM_ROOMS_HUB = "https://hub.example:8443";
    for (const text of [
      FINGERPRINT,
      FINGERPRINT.toLowerCase(),
      FINGERPRINT.replaceAll(":", "").toLowerCase(),
    ]) {
      env.LLM_ROOMS_FINGERPRINT = text;
      equal((await findHub({ env }, {})).fingerprint, FINGERPRINT);
    }
    env.LLM_ROOMS_FINGERPRINT = "abc";
    await rejects(findHub({ env }, {}), /LLM_ROOMS_FINGERPRINT holds no SHA-256/);
  });
});
