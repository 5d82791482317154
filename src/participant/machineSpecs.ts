import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { cpu, graphics, mem, type Systeminformation } from "systeminformation";
import type { MachineSpecs } from "../protocol/participant";
import { type Controller, specsFrom } from "./specsFrom";

/** Windows needs some seconds for its graphics adapters; what hangs longer is left out, ms. */
const TOOL_TIMEOUT_MS = 10_000;
/** nvidia-smi answers within a second, or its driver hangs, ms. */
const NVIDIA_SMI_TIMEOUT_MS = 5_000;

/** What this machine tells of itself; a field is absent where it does not tell. GB. Never throws. */
export async function readMachineSpecs(): Promise<MachineSpecs> {
  const [processor, memory, adapters] = await Promise.all([
    orNothing(cpu()),
    orNothing(mem()),
    orNothing(readAdapters()),
  ]);
  return specsFrom({ cpu: processor, mem: memory, controllers: adapters ?? [], platform: process.platform });
}

async function readAdapters(): Promise<Controller[]> {
  // systeminformation waits for nvidia-smi with the whole process: one that hangs must be known beforehand.
  if (await nvidiaSmiHangs()) return [];
  const { controllers } = await graphics();
  return Promise.all(controllers.map(withAmdMemory));
}

async function nvidiaSmiHangs(): Promise<boolean> {
  try {
    await promisify(execFile)("nvidia-smi", ["-L"], { timeout: NVIDIA_SMI_TIMEOUT_MS, windowsHide: true });
    return false;
  } catch (error) {
    // Not installed, or no such GPU, is an answer; only being killed by the timeout is none.
    return (error as { killed?: boolean }).killed === true;
  }
}

/** On Linux amdgpu tells a card's memory exactly; systeminformation knows only the window that the bus shows. */
async function withAmdMemory(controller: Systeminformation.GraphicsControllerData): Promise<Controller> {
  const { busAddress } = controller;
  if (process.platform !== "linux" || !busAddress || !/^[\da-f]{2}:[\da-f]{2}\.\d$/i.test(busAddress))
    return controller;
  const file = `/sys/bus/pci/devices/0000:${busAddress}/mem_info_vram_total`;
  // Absent for every other driver.
  const bytes = Number(await readFile(file, "utf8").catch(() => ""));
  return bytes > 0 ? { ...controller, memoryTotal: bytes / 2 ** 20 } : controller;
}

async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), TOOL_TIMEOUT_MS);
  });
  try {
    return await Promise.race([reading, timeout]);
  } catch {
    // A tool that fails tells nothing: the field stays absent.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
