import { HubClient } from "../client/hubClient";
import { normaliseHubUrl } from "../client/hubUrl";
import { DEFAULT_HUB_PORT } from "../protocol/constants";
import { KeptSecrets } from "./keptSecrets";
import { type HubFlags, variables } from "./options";
import type { Terminal } from "./terminal";

/** How to reach a hub. */
export interface HubTarget {
  readonly hubUrl: string;
  /** Of its certificate; undefined where the authorities of this machine decide, or nothing is encrypted. */
  readonly fingerprint: string | undefined;
}

/** The hub that flags and environment name, else the one of this machine. @throws HumanError */
export async function findHub({ env }: Terminal, flags: HubFlags): Promise<HubTarget> {
  const hubUrl = normaliseHubUrl(flags.hub ?? (env[variables.hub] || defaultHubUrl));
  const given = flags.fingerprint ?? (env[variables.fingerprint] || undefined);
  return { hubUrl, fingerprint: given ?? (await knownFingerprint(env, hubUrl)) };
}

export const defaultHubUrl = `http://localhost:${DEFAULT_HUB_PORT}`;

/** Of a hub that was started, or given a room, from here. Where nothing is encrypted there is none. */
export async function knownFingerprint(env: NodeJS.ProcessEnv, hubUrl: string): Promise<string | undefined> {
  return hubUrl.startsWith("https:") ? new KeptSecrets(env).fingerprintOf(hubUrl) : undefined;
}

export function openHub(target: HubTarget, token?: string): HubClient {
  return new HubClient(target.hubUrl, { fingerprint: target.fingerprint, token });
}
