import assert from "node:assert/strict";
import { readMachineSpecs } from "../../src/participant/machineSpecs";
import { type SystemData, specsFrom } from "../../src/participant/specsFrom";
import { machineSpecsSchema } from "../../src/protocol/participant";

const GIB = 2 ** 30;
const machine = (data: Partial<SystemData>): SystemData => ({
  cpu: undefined,
  mem: undefined,
  controllers: [],
  platform: "linux",
  ...data,
});

describe("machine specs", () => {
  it("a Linux workstation with nvidia-smi: the card's own name and memory, not the bus's window", () => {
    const specs = specsFrom(
      machine({
        cpu: { manufacturer: "AMD", brand: "Ryzen 9 5950X 16-Core Processor" },
        mem: { total: 67_353_882_624 },
        controllers: [
          {
            vendor: "NVIDIA Corporation",
            model: "GA102 [GeForce RTX 3090] ",
            name: "NVIDIA GeForce RTX 3090",
            memoryTotal: 24_576,
            vram: 24_576,
            vramDynamic: false,
          },
        ],
      }),
    );
    assert.deepEqual(specs, {
      cpu: "AMD Ryzen 9 5950X 16-Core Processor",
      ram: 63,
      gpu: "NVIDIA GeForce RTX 3090",
      vram: 24,
    });
  });

  it("a Linux laptop: the card before the processor's graphics, and no memory that only lspci guesses", () => {
    const specs = specsFrom(
      machine({
        cpu: { manufacturer: "Intel", brand: "Core™ i7-12700H" },
        mem: { total: 31.1 * GIB },
        controllers: [
          {
            vendor: "Intel Corporation",
            model: "Alder Lake-P [Iris Xe Graphics]",
            vram: 256,
            vramDynamic: false,
          },
          {
            vendor: "NVIDIA Corporation",
            model: "GA107M [GeForce RTX 3050 Mobile]",
            vram: 8_192,
            vramDynamic: false,
          },
        ],
      }),
    );
    assert.deepEqual(specs, { cpu: "Intel Core i7-12700H", ram: 31, gpu: "NVIDIA GeForce RTX 3050 Mobile" });
  });

  it("a Mac with unified memory: its chip, and no memory of its own", () => {
    const specs = specsFrom(
      machine({
        platform: "darwin",
        cpu: { manufacturer: "Apple", brand: "M3 Max" },
        mem: { total: 64 * GIB },
        controllers: [
          { vendor: "Apple", model: "Apple M3 Max", vram: null as number | null, vramDynamic: true },
        ],
      }),
    );
    assert.deepEqual(specs, { cpu: "Apple M3 Max", ram: 64, gpu: "Apple M3 Max" });
  });

  it("a Windows PC: the card, whatever else draws a picture", () => {
    const specs = specsFrom(
      machine({
        platform: "win32",
        cpu: { manufacturer: "AMD", brand: "AMD Ryzen 7 7800X3D" },
        mem: { total: 34_088_435_712 },
        controllers: [
          {
            vendor: "Advanced Micro Devices, Inc.",
            model: "AMD Radeon(TM) Graphics",
            vram: 512,
            vramDynamic: false,
          },
          {
            vendor: "Advanced Micro Devices, Inc.",
            model: "AMD Radeon RX 7900 XTX",
            vram: 24_560,
            vramDynamic: false,
          },
          {
            vendor: "Parsec Cloud, Inc.",
            model: "Parsec Virtual Display Adapter",
            vram: 0,
            vramDynamic: false,
          },
          { vendor: "Microsoft", model: "Microsoft Remote Display Adapter", vram: 0, vramDynamic: false },
        ],
      }),
    );
    assert.deepEqual(specs, { cpu: "AMD Ryzen 7 7800X3D", ram: 32, gpu: "AMD Radeon RX 7900 XTX", vram: 24 });
  });

  it("a laptop without a card: its graphics, and no memory of their own", () => {
    const specs = specsFrom(
      machine({
        platform: "win32",
        controllers: [
          { vendor: "Intel Corporation", model: "Intel(R) UHD Graphics 620", vram: 1_024, vramDynamic: true },
        ],
      }),
    );
    assert.deepEqual(specs, { gpu: "Intel UHD Graphics 620" });
  });

  it("several cards: the one with the most memory", () => {
    const card = (name: string, memoryTotal: number) => ({ vendor: "NVIDIA Corporation", name, memoryTotal });
    const controllers = [card("Tesla T4", 15_360), card("NVIDIA H200", 143_771), card("Tesla P4", 7_680)];
    assert.deepEqual(specsFrom(machine({ controllers })), { gpu: "NVIDIA H200", vram: 140 });
  });

  for (const [vendor, model] of [
    ["Microsoft", "Microsoft Basic Display Adapter"],
    ["VMware", "SVGA II Adapter"],
    ["Red Hat, Inc.", "Virtio 1.0 GPU"],
    ["Red Hat, Inc.", "QXL paravirtual graphic card"],
    ["Cirrus Logic", "GD 5446"],
    ["ASPEED Technology, Inc.", "ASPEED Graphics Family"],
    ["Microsoft Corporation", "Hyper-V virtual VGA"],
    ["", ""],
  ])
    it(`no graphics at all rather than ${vendor} ${model}`, () => {
      assert.deepEqual(specsFrom(machine({ controllers: [{ vendor, model, vram: 2_048 }] })), {});
    });

  it("a machine that tells nothing has no specs", () => {
    assert.deepEqual(specsFrom(machine({})), {});
    assert.deepEqual(specsFrom(machine({ cpu: { brand: "", manufacturer: "" }, mem: { total: 0 } })), {});
  });

  it("this very machine: valid, and memory as a whole number of GB", async () => {
    const specs = await readMachineSpecs();
    assert.ok(machineSpecsSchema.safeParse(specs).success);
    assert.ok(Number.isInteger(specs.ram));
  });
});
