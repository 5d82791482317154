import assert from "node:assert/strict";
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { ROOM_CODE_ALPHABET } from "../../src/protocol/constants";
import { parseSelector } from "../../src/protocol/inference";
import { registrationSchema, timeSchema } from "../../src/protocol/participant";
import { hubUrlFor, paths } from "../../src/protocol/paths";
import { makeRoomCode, normaliseRoomCode } from "../../src/protocol/room";
import { writeSse, writeSseComment } from "../../src/protocol/sse";
import { tunnelOperations } from "../../src/protocol/tunnel";

describe("protocol: the wire's small parts", () => {
  it("E1: whatever is written as an event is read as the same", () => {
    const line = fc.string().filter((text) => !/[\r\n\0]/.test(text) && text !== "");
    fc.assert(
      fc.property(line, fc.string({ minLength: 1 }), (event, data) => {
        const seen: { event?: string; data: string }[] = [];
        const parser = createParser({
          onEvent: (message) => seen.push({ event: message.event, data: message.data }),
        });
        parser.feed(writeSseComment("x") + writeSse({ event, data }));
        assert.deepEqual(seen, [{ event, data: data.replace(/\r\n|\r/g, "\n") }]);
      }),
    );
  });

  it("E1: a line break cannot smuggle a field in", () => {
    for (const bad of ["a\nb", "a\rb", "a\0b"]) {
      assert.throws(() => writeSse({ event: bad, data: "" }), TypeError);
      assert.throws(() => writeSse({ id: bad, data: "" }), TypeError);
      assert.throws(() => writeSseComment(bad), TypeError);
    }
  });

  it("C1: a time that no Date can hold is not read as one", () => {
    for (const bad of [1e300, -1, Number.NaN, "0"]) assert.equal(timeSchema.safeParse(bad).success, false);
    assert.equal(new Date(timeSchema.parse(8.64e15)).getTime(), 8.64e15);
  });

  it("M3: a code has six letters of the alphabet, each as likely as the next", () => {
    const below: number[] = [];
    const code = makeRoomCode((limit) => below.push(limit) - 1);
    assert.equal(code, ROOM_CODE_ALPHABET.slice(0, 6));
    assert.deepEqual(new Set(below), new Set([ROOM_CODE_ALPHABET.length]));
    assert.doesNotMatch(ROOM_CODE_ALPHABET, /[IO01L]/);
  });

  it("M5: codes are equal in any case and with spaces around", () => {
    fc.assert(
      fc.property(
        fc.string(),
        (code) =>
          normaliseRoomCode(` ${code.toLowerCase()} `) ===
          normaliseRoomCode(code.toLowerCase().toUpperCase()),
      ),
    );
  });

  it("M6: paths keep whatever an id holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (id) => {
        const path = new URL(paths.heartbeat("abcdef", id), "http://h").pathname;
        // A URL resolves `.` and `..` itself, also encoded: no path can carry those two.
        fc.pre(id !== "." && id !== "..");
        const [, , , code, , encoded] = path.split("/");
        assert.equal(code, "ABCDEF");
        assert.equal(decodeURIComponent(encoded ?? ""), id);
      }),
    );
    assert.equal(hubUrlFor("http://h/base//", paths.health), "http://h/base/v1/health");
  });

  it("C1: a code or an id with half a letter, of whatever hub, has paths", () => {
    const half = "A\ud800";
    for (const path of [
      paths.room(half),
      paths.participant("abcdef", half),
      paths.cancelResponse("abcdef", half),
    ])
      assert.match(path, /\/A%EF%BF%BD(\/|$)/);
  });

  it("I2: reads a selector", () => {
    assert.deepEqual(parseSelector("*"), { kind: "any" });
    assert.deepEqual(parseSelector("any"), { kind: "any" });
    assert.deepEqual(parseSelector("model:a:b"), { kind: "model", model: "a:b" });
    assert.deepEqual(parseSelector("llama3"), { kind: "participantOrModel", name: "llama3" });
  });

  it("M12: a registration keeps its bounds", () => {
    const card = { nickname: " Ada ", model: "m", endpoint: "http://localhost:1" };
    assert.equal(registrationSchema.parse(card).nickname, "Ada");
    for (const wrong of [
      { nickname: " " },
      { model: "" },
      { endpoint: "x" },
      { capacity: 65 },
      { specs: { vram: -1 } },
    ]) {
      assert.equal(registrationSchema.safeParse({ ...card, ...wrong }).success, false);
    }
  });

  it("P3: an operation's path holds no way out of it", () => {
    for (const path of [
      "/v1/responses/../api/delete",
      "/v1/responses/a/b",
      "/v1/responses/a%2fb",
      "/v1/responses/",
    ]) {
      assert.ok(!tunnelOperations["responses.get"].path.test(path), path);
    }
    assert.ok(tunnelOperations["responses.get"].path.test("/v1/responses/resp_1?x=1"));
  });
});
