import { HubClient } from "../client/hubClient";
import { normaliseHubUrl } from "../client/hubUrl";
import { HumanError } from "../common/humanError";
import { DEFAULT_HUB_PORT } from "../protocol/constants";
import { KeptSecrets } from "./keptSecrets";
import { type HubFlags, readFingerprint, variables } from "./options";
import type { Terminal } from "./terminal";

/** How to reach a hub. */
export interface HubTarget {
  readonly hubUrl: string;
  /** Of its certificate; undefined where the authorities of this machine decide, or nothing is encrypted. */
  readonly fingerprint: string | undefined;
}

/** The hub that flags and environment name, else the one of this machine. @throws HumanError */
export async function findHub({ env }: Pick<Terminal, "env">, flags: HubFlags): Promise<HubTarget> {
  const hubUrl = normaliseHubUrl(flags.hub ?? (env[variables.hub] || (await ownHubUrl(env))));
  const given = flags.fingerprint ?? fingerprintIn(env);
  return { hubUrl, fingerprint: given ?? (await knownFingerprint(env, hubUrl)) };
}

/** Of the hub of this machine: encrypted where the one that was started there last is. */
export async function ownHubUrl(env: NodeJS.ProcessEnv): Promise<string> {
  const encrypted = `https://localhost:${DEFAULT_HUB_PORT}`;
  const isKnown = (await knownFingerprint(env, encrypted)) !== undefined;
  return isKnown ? encrypted : `http://localhost:${DEFAULT_HUB_PORT}`;
}

function fingerprintIn(env: NodeJS.ProcessEnv): string | undefined {
  const text = env[variables.fingerprint];
  if (!text) return undefined;
  const fingerprint = readFingerprint(text);
  if (fingerprint !== undefined) return fingerprint;
  const hint = "It has 32 pairs of hex digits, as the hub prints them.";
  throw new HumanError("INVALID_INPUT", `${variables.fingerprint} holds no SHA-256.`, hint);
}

/** Of a hub that was started, or given a room, from here. Where nothing is encrypted there is none. */
export async function knownFingerprint(env: NodeJS.ProcessEnv, hubUrl: string): Promise<string | undefined> {
  return hubUrl.startsWith("https:") ? new KeptSecrets(env).fingerprintOf(hubUrl) : undefined;
}

export function openHub(target: HubTarget, token?: string): HubClient {
  return new HubClient(target.hubUrl, { fingerprint: target.fingerprint, token });
}
