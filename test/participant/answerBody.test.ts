import assert from "node:assert/strict";
import { AnswerBody } from "../../src/participant/answerBody";
import { FrameWriter } from "../../src/participant/frameWriter";
import { decodeFrame } from "../../src/protocol/frames";

const bytesOf = (text: string) => Buffer.from(text);
const textOf = (pieces: readonly Uint8Array[] | undefined) => pieces && Buffer.concat(pieces).toString();

describe("The body of a provider's answer", () => {
  function make() {
    const told: string[] = [];
    const body = new AnswerBody({
      pause: () => told.push("pause"),
      resume: () => told.push("resume"),
      stop: () => told.push("stop"),
    });
    return { body, told };
  }

  it("gives together what came together, then its end", async () => {
    const { body, told } = make();
    const reading = body.read();
    body.push(bytesOf("a"));
    body.push(bytesOf("b"));
    assert.equal(textOf(await reading), "ab");
    body.push(bytesOf("c"));
    body.end();
    assert.equal(textOf(await body.read()), "c");
    assert.equal(await body.read(), undefined);
    assert.equal(await body.read(), undefined);
    assert.deepEqual(told, []);
  });

  it("gives what came before it failed, and then fails", async () => {
    const { body } = make();
    body.push(bytesOf("a"));
    body.fail(new Error("gone"));
    body.end();
    assert.equal(textOf(await body.read()), "a");
    await assert.rejects(body.read(), /gone/);
  });

  it("pauses its source while much waits to be read", async () => {
    const { body, told } = make();
    const piece = Buffer.alloc(64 * 1024);
    for (let at = 0; at < 6; at++) body.push(piece);
    assert.deepEqual(told, ["pause"]);
    assert.equal((await body.read())?.length, 6);
    assert.deepEqual(told, ["pause", "resume"]);
  });

  it("stops its source where nobody wants the rest, but not after its end", async () => {
    const { body, told } = make();
    body.push(bytesOf("a"));
    for await (const _ of body) break;
    body.push(bytesOf("b"));
    assert.equal(await body.read(), undefined);
    assert.deepEqual(told, ["stop"]);
    const whole = make();
    whole.body.end();
    whole.body.close();
    assert.deepEqual(whole.told, []);
  });

  it("wakes whoever waits for it when it is closed", async () => {
    const { body } = make();
    const reading = body.read();
    body.close();
    assert.equal(await reading, undefined);
  });
});

describe("Frames of pieces", () => {
  it("T4: hold each byte once and in order, wherever frames and pieces end", () => {
    const pieces = ["ab", "", "cdefg", "h", "ijk"].map(bytesOf);
    for (let size = 1; size <= 12; size++) {
      const frames = new FrameWriter(0xff00_0001, pieces);
      let text = "";
      while (frames.bytesLeft > 0) {
        const frame = decodeFrame(frames.next(Math.min(size, frames.bytesLeft)));
        assert.equal(frame?.n, 0xff00_0001);
        text += Buffer.from(frame?.bytes ?? []).toString();
      }
      assert.equal(text, "abcdefghijk");
    }
  });

  it("T4: are never longer than what there is", () => {
    assert.throws(() => new FrameWriter(1, [bytesOf("ab")]).next(3), RangeError);
  });
});
