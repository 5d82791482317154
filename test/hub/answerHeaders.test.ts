import assert from "node:assert/strict";
import { answerHeaders } from "../../src/hub/answerHeaders";

describe("hub: answerHeaders", () => {
  it("I7: lets pass what says something of the answer, and nothing that acts on the requester", () => {
    const given = {
      "X-RateLimit-Remaining": "7",
      "set-cookie": "a=b",
      location: "http://evil",
      "openai-model": "m\r\nx: y",
    };
    const headers = answerHeaders(200, given, true);
    assert.equal(headers["x-ratelimit-remaining"], "7");
    for (const name of ["set-cookie", "location", "openai-model"]) assert.equal(headers[name], undefined);
  });

  it("I7: leaves out what would be more than clients take", () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`x-ratelimit-${at}`, "x".repeat(1_000)]),
    );
    for (const given of [many, { [`x-ratelimit-${"a".repeat(1_000_000)}`]: "1" }]) {
      const headers = answerHeaders(200, { "content-type": "text/event-stream", ...given }, true);
      assert.equal(headers["content-type"], "text/event-stream");
      assert.ok(Object.entries(headers).flat().join("").length < 10_000);
    }
  });
});
