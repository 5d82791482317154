import type { MachineSpecs } from "../protocol/participant";

/** What this machine tells of itself; a field is absent where it does not tell. GB. Never throws. */
export async function readMachineSpecs(): Promise<MachineSpecs> {
  throw new Error("not built yet");
}
