import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { HubBuild } from "./stage";

export interface BenchOptions {
  /** Of the measurements; all where it is empty. */
  only: readonly string[];
  /** That a stretch of paced streams lasts. */
  seconds: number;
  /** Then nothing else is measured; 0: no soak. */
  soakMinutes: number;
  builds: readonly HubBuild[];
  /** Whether the bare relay has a column. */
  floor: boolean;
  /** Folder in which hubs and shares leave their CPU profiles. */
  profile: string | undefined;
}

/** @throws where an argument is not known. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      seconds: { type: "string", default: "4" },
      soak: { type: "string", default: "0" },
      hub: { type: "string" },
      floor: { type: "boolean", default: false },
      profile: { type: "string" },
    },
  });
  const other = values.hub === undefined ? [] : [{ name: "other hub", cli: resolve(values.hub) }];
  return {
    only: values.only === "" ? [] : values.only.split(","),
    seconds: positive(values.seconds, "--seconds"),
    soakMinutes: Number(values.soak),
    builds: [{ name: "hub", cli: resolve("dist/cli.js") }, ...other],
    floor: values.floor,
    profile: values.profile,
  };
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} takes a number above 0.`);
  return value;
}
