import { equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { makePinoLogger } from "../../src/cli/pinoLogger";

const MiB = 1024 * 1024;

describe("The hub's log", () => {
  it("O2: fills no memory while nobody reads it, and tells then how much it left out", async () => {
    const pipe = new PassThrough();
    const logger = makePinoLogger("info", pipe);
    const said = 20_000;
    for (let n = 0; n < said; n++) logger.info("joined", { participant: "p".repeat(200) });
    ok(pipe.writableLength < 2 * MiB);
    logger.debug("never told at this level");
    let text = "";
    pipe.on("data", (piece) => {
      text += piece;
    });
    await once(pipe, "drain");
    logger.info("read again");
    pipe.end();
    await once(pipe, "end");
    const lines = text.trimEnd().split("\n");
    match(lines.at(-1) ?? "", /read again/);
    const { leftOut } = JSON.parse(lines.at(-2) ?? "{}");
    equal(lines.length - 2 + leftOut, said);
  });
});
