import type { MachineSpecs } from "../../protocol/participant";
import { toOneLine } from "./plainText";

/** Vendors' names for a card are long: what tells cards apart is what a row has room for. */
const gpuNoise =
  /\b(NVIDIA|AMD|Intel|Corporation|Advanced Micro Devices,? Inc\.?|GeForce|Radeon|Graphics|Laptop GPU)\b|\((R|TM)\)|\[|\]/gi;

/** `RTX 4090 24 GB`, `8 GB VRAM`, or nothing where the machine told nothing of its GPU. */
export function gpuText(specs: MachineSpecs): string | undefined {
  const name = shortGpuName(specs.gpu);
  const vram = specs.vram === undefined ? undefined : gigabytes(specs.vram);
  // A size alone could be the computer's memory, or the model's.
  if (name === undefined) return vram && `${vram} VRAM`;
  return vram === undefined ? name : `${name} ${vram}`;
}

/** `24 GB`, `1.5 GB`. */
export function gigabytes(size: number): string {
  return `${Number(size.toFixed(1))} GB`;
}

function shortGpuName(gpu: string | undefined): string | undefined {
  if (gpu === undefined) return undefined;
  const whole = toOneLine(gpu);
  return toOneLine(whole.replace(gpuNoise, " ")) || whole || undefined;
}
