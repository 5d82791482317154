import assert from "node:assert/strict";
import { hubRefusal } from "../../src/client/hubRefusal";
import { failureInStream, inferenceError } from "../../src/client/inferenceError";
import type { HumanErrorCode } from "../../src/common/humanError";
import { assertHumanError } from "./assertHumanError";

const byId = { selector: "p1", name: "Ana" };
const openai = (message: string, code: string | number | null = null) => ({
  error: { message, code, type: "x" },
});
const management = (code: string, hint?: string) => ({ error: { code, message: "The hub's words.", hint } });

describe("inferenceError", () => {
  const cases: [name: string, status: number, body: unknown, code: HumanErrorCode, message: RegExp][] = [
    ["our hub: busy", 409, openai("x", "participant_busy"), "PARTICIPANT_BUSY", /^Ana is busy with another/],
    [
      "our hub: no tunnel",
      503,
      openai("x", "participant_tunnel_not_connected"),
      "PARTICIPANT_OFFLINE",
      /^Ana is offline/,
    ],
    ["our hub: no room", 404, openai("x", "ROOM_NOT_FOUND"), "ROOM_NOT_FOUND", /no such room/],
    [
      "our hub: no participant",
      404,
      openai("x", "participant_not_found"),
      "PARTICIPANT_NOT_FOUND",
      /^Ana is not/,
    ],
    [
      "our hub: somebody who has left",
      404,
      openai("x", "model_not_found"),
      "PARTICIPANT_NOT_FOUND",
      /^Ana is not in the room/,
    ],
    ["Gambi: room", 404, { error: "Room not found" }, "ROOM_NOT_FOUND", /no such room/],
    [
      "Gambi: nobody",
      404,
      { error: "No available participant for the requested model" },
      "PARTICIPANT_NOT_FOUND",
      /^Ana/,
    ],
    [
      "Gambi: busy",
      409,
      { error: "Participant is already handling another request." },
      "PARTICIPANT_BUSY",
      /^Ana/,
    ],
    [
      "Gambi: no tunnel",
      503,
      { error: "Participant tunnel is not connected." },
      "PARTICIPANT_OFFLINE",
      /^Ana/,
    ],
    [
      "Gambi: provider",
      502,
      { error: "Failed to proxy request: Error: x" },
      "PROVIDER_FAILED",
      /failed: Failed to proxy/,
    ],
    ["management shape", 404, management("MODEL_NOT_FOUND"), "PARTICIPANT_NOT_FOUND", /^Ana is not/],
    ["FastAPI", 500, { detail: "worker died" }, "PROVIDER_FAILED", /worker died\./],
    ["plain message", 400, { message: "context too long" }, "PROVIDER_FAILED", /context too long\./],
    ["a numeric code", 500, openai("boom", 500), "PROVIDER_FAILED", /boom\./],
    ["timed out", 504, undefined, "PROVIDER_FAILED", /^Ana's model server failed\.$/],
    ["no JSON", 502, undefined, "PROVIDER_FAILED", /failed\.$/],
    ["an array", 500, [1, 2], "PROVIDER_FAILED", /failed\.$/],
    ["an error that is a number", 500, { error: 7 }, "PROVIDER_FAILED", /failed\.$/],
    ["unauthorised", 401, openai("Incorrect API key"), "HUB_REFUSED", /Incorrect API key\./],
    ["forbidden", 403, undefined, "HUB_REFUSED", /refused \(403\)/],
    ["too large", 413, undefined, "HUB_REFUSED", /longer than the hub takes/],
    ["too many", 429, undefined, "PARTICIPANT_BUSY", /^Ana is busy/],
  ];
  for (const [name, status, body, code, message] of cases) {
    it(`C1: says what to do (${name})`, () => {
      assert.match(assertHumanError(inferenceError(status, "", body, byId), code).message, message);
    });
  }

  it("C1: says once how long to wait", () => {
    const refused = (hint: string) =>
      hubRefusal(429, { error: { code: "TOO_MANY_REQUESTS", message: "Too often.", hint } }, "55").hint;
    assert.equal(refused("Wait 55 s."), "Wait 55 s.");
    assert.equal(refused("Wait a little."), "Wait a little. It asks to wait 55 s.");
  });

  it("C1: says how long to wait where the hub tells", () => {
    assert.match(inferenceError(429, "30", undefined, byId).hint, /wait 30 s\.$/);
    assert.doesNotMatch(inferenceError(429, "<script>", undefined, byId).hint, /script/);
  });

  it("C1: names nobody where any participant was meant", () => {
    const unknown = inferenceError(404, "", openai("x", "model_not_found"), { selector: "p1" });
    assert.match(assertHumanError(unknown, "MODEL_NOT_FOUND").message, /that id or that model/);
    assert.equal(inferenceError(404, "", undefined, { selector: "model:x" }).code, "MODEL_NOT_FOUND");
    assert.match(
      inferenceError(409, "", undefined, { selector: "any" }).message,
      /^Every participant that fits is busy/,
    );
    assert.match(inferenceError(409, "", undefined, { selector: "p1" }).message, /^That participant is busy/);
    const any = { selector: "any" };
    assert.match(
      inferenceError(502, "", undefined, any).message,
      /^The model servers that were asked failed/,
    );
    assert.match(inferenceError(404, "", undefined, any).message, /^Nobody shares a model in this room/);
  });

  it("C1: says once what to do, and once that the provider failed, though our hubs say it twice", () => {
    const hint = "Ask its owner, or try another participant.";
    const told = { error: { message: `The provider failed. It is gone. ${hint}`, code: "x", hint } };
    const whole = inferenceError(502, "", told, byId);
    assert.equal(`${whole.message} ${whole.hint}`.split(hint).length, 2, whole.message);
    assert.match(whole.message, /model server failed: It is gone\.$/);
    const broken = failureInStream(told);
    assert.equal(broken?.message, "The answer broke off: It is gone.");
    assert.equal(broken.hint, hint);
  });

  it("C1: shows a provider's words safely", () => {
    const hostile = openai(`\u001b[2J\nclick \u202e${"here ".repeat(500)}`);
    const { message } = inferenceError(500, "", hostile, { selector: "p1", name: "Eve\u0007\nroot" });
    assert.match(message, /^Eve root's model server failed: \[2J click here/);
    assert.ok(message.length < 400);
    assert.doesNotMatch(message, /[\p{Cc}\u202e]/u);
  });
});

describe("failureInStream", () => {
  it("C7: reads every shape of a failure, and nothing else", () => {
    assert.equal(failureInStream({ error: "gone" })?.message, "The answer broke off: gone.");
    assert.equal(failureInStream(openai("slow", "timeout"))?.code, "TIMED_OUT");
    const closed = failureInStream({ error: { message: "Room not found.", code: "room_not_found" } });
    assert.equal(closed?.message, "The hub has no such room.", "no answer had begun");
    const pushedOut = failureInStream(openai("The queue is full.", "queue_full"));
    assert.equal(pushedOut?.message, "The participant is busy, and the room's queue is full.");
    const wrapped = { type: "response.failed", response: { id: "r", error: { message: "overloaded" } } };
    assert.match(failureInStream(wrapped)?.message ?? "", /overloaded\./);
    assert.match(failureInStream({ type: "error", message: "no" })?.message ?? "", /: no\./);
    for (const value of [undefined, null, 1, "error", [], {}, { error: null }, { choices: [] }]) {
      assert.equal(failureInStream(value), undefined);
    }
  });
});
