import { MAX_TEXT_LENGTH } from "../protocol/constants";
import type { MachineSpecs } from "../protocol/participant";

/** What we read of systeminformation's graphics controller. Sizes in MiB. */
export interface Controller {
  vendor?: string;
  model?: string;
  /** From nvidia-smi. */
  name?: string;
  /** From the driver, and exact; `vram` is a guess on many systems. */
  memoryTotal?: number;
  vram?: number | null;
  vramDynamic?: boolean;
}

export interface SystemData {
  cpu: { manufacturer?: string; brand?: string } | undefined;
  mem: { total?: number } | undefined;
  controllers: readonly Controller[];
  platform: NodeJS.Platform;
}

/** Adapters that draw a picture and compute nothing: remote desktops, virtual machines, a server's management chip. */
const notReal =
  /\b(basic|remote|virtual|virtio|vmware|virtualbox|svga|qxl|cirrus|bochs|hyper-v|parallels|citrix|parsec|displaylink|displaymirror|iddcx?|llvmpipe|aspeed|matrox|mgag200|standard vga)\b/i;
/** Graphics inside a processor: real, but second to a card of its own. */
const integrated =
  /\b(uhd|hd graphics|iris|integrated|vega \d+ graphics|radeon(\(tm\))?( \d+m)? graphics|adreno|apple)\b/i;
const MIB_PER_GB = 1_024;
const BYTES_PER_GB = 2 ** 30;
/** Windows and lspci tell a window of 256 MB for cards of any size; less than this is no card's memory, MiB. */
const LEAST_VRAM_MIB = 1_024;

/** Pure: a machine's specs from systeminformation's data. What is not known for sure is left out. */
export function specsFrom({ cpu, mem, controllers, platform }: SystemData): MachineSpecs {
  const specs: MachineSpecs = {};
  const processor = cpuName(cpu);
  if (processor) specs.cpu = processor;
  const ram = Math.round((mem?.total ?? 0) / BYTES_PER_GB);
  if (ram > 0) specs.ram = ram;
  const best = bestController(controllers, platform);
  if (!best) return specs;
  specs.gpu = gpuName(best);
  const vram = vramMib(best, platform);
  if (vram) specs.vram = Math.round(vram / MIB_PER_GB);
  return specs;
}

function cpuName(cpu: SystemData["cpu"]): string | undefined {
  const brand = plain(cpu?.brand);
  const maker = plain(cpu?.manufacturer);
  if (!brand) return undefined;
  const named = !maker || brand.toLowerCase().startsWith(maker.toLowerCase()) ? brand : `${maker} ${brand}`;
  return named.slice(0, MAX_TEXT_LENGTH);
}

function bestController(
  controllers: readonly Controller[],
  platform: NodeJS.Platform,
): Controller | undefined {
  const rank = (controller: Controller) => {
    const isCard = !controller.vramDynamic && !integrated.test(gpuName(controller));
    // A card without known memory still comes before graphics with some.
    return (isCard ? 1e9 : 0) + (vramMib(controller, platform) ?? 0);
  };
  const real = controllers.filter((controller) => gpuName(controller) !== "" && !isVirtual(controller));
  return real.sort((a, b) => rank(b) - rank(a))[0];
}

function isVirtual({ vendor = "", model = "", name = "" }: Controller): boolean {
  return /microsoft/i.test(vendor) || notReal.test(`${vendor} ${model} ${name}`);
}

/** Undefined where it is shared with the processor, or where the system tells no more than the bus's window. */
function vramMib(controller: Controller, platform: NodeJS.Platform): number | undefined {
  if (controller.memoryTotal) return controller.memoryTotal;
  if (controller.vramDynamic || platform === "linux" || integrated.test(gpuName(controller)))
    return undefined;
  return controller.vram && controller.vram >= LEAST_VRAM_MIB ? controller.vram : undefined;
}

function gpuName({ vendor, model, name }: Controller): string {
  if (name) return plain(name).slice(0, MAX_TEXT_LENGTH);
  // lspci: "GA102 [GeForce RTX 3090]"; the brackets hold the name that people know.
  const known = plain(/\[([^\]]+)\]/.exec(model ?? "")?.[1] ?? model);
  const maker = shortVendor(vendor);
  if (!known || !maker || known.toLowerCase().startsWith(maker.toLowerCase())) return known;
  return `${maker} ${known}`.slice(0, MAX_TEXT_LENGTH);
}

function shortVendor(vendor: string | undefined): string {
  if (/nvidia/i.test(vendor ?? "")) return "NVIDIA";
  if (/\b(amd|ati|advanced micro devices)\b/i.test(vendor ?? "")) return "AMD";
  if (/intel/i.test(vendor ?? "")) return "Intel";
  if (/apple/i.test(vendor ?? "")) return "Apple";
  return "";
}

/** Without trademark signs and double spaces. */
function plain(text: string | undefined): string {
  return (text ?? "")
    .replace(/\((r|tm)\)|[®™]/gi, "")
    .replace(/\s+/g, " ")
    .trim();
}
