import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { mask, unmask } from "../../src/net/bufferutil";

/** As RFC 6455 (5.3) puts it. */
function masked(bytes: Buffer, key: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ (key[at % 4] ?? 0)));
}

const key = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes));
const anyBytes = fc.uint8Array({ maxLength: 700, size: "max" });
const offset = fc.nat(9);

describe("masking of frames", () => {
  it("masks whatever there is, wherever it lies, and nothing beside it", () => {
    fc.assert(
      fc.property(anyBytes, key, offset, offset, (given, key, from, to) => {
        const source = Buffer.concat([Buffer.alloc(from), given]).subarray(from);
        const output = Buffer.alloc(to + given.length + 5, 0xaa);
        mask(source, key, output, to, given.length);
        const around = (bytes: Uint8Array) =>
          Buffer.concat([Buffer.alloc(to, 0xaa), bytes, Buffer.alloc(5, 0xaa)]);
        assert.deepEqual(output, around(masked(Buffer.from(given), key)));
        assert.deepEqual(source, Buffer.from(given), "the source stays");
        unmask(output.subarray(to, to + given.length), key);
        assert.deepEqual(output, around(given));
      }),
    );
  });

  it("is what the products' `ws` uses", async () => {
    for (const product of ["dist/cli.js", "dist/extension.js"])
      assert.doesNotMatch(await readFile(product, "utf8"), /require\("bufferutil"\)/, product);
  });
});
