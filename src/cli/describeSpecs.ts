import type { MachineSpecs } from "../protocol/participant";

/** The GPU with its memory where there is one, else the processor and RAM. */
export function describeSpecs(specs: MachineSpecs): string {
  const parts = specs.gpu
    ? [specs.gpu, specs.vram && `${specs.vram} GB`]
    : [specs.cpu, specs.ram && `${specs.ram} GB RAM`];
  return parts.filter(Boolean).join(" · ");
}
