import { equal } from "node:assert/strict";
import { hubOptions, roomOptions } from "../../src/cli/suggestion";

const hub = "http://10.0.0.7:5567";
const link = "vscode://llm-rooms.llm-rooms/join?hub=http%3A%2F%2Fh&room=ABC234&token=secret";

describe("what a suggested command is given", () => {
  it("is what this one was: hub and certificate, quoted where a shell needs it", () => {
    equal(hubOptions({}), "");
    equal(hubOptions({ hub, fingerprint: "AB:CD" }), ` --hub ${hub} --fingerprint AB:CD`);
    equal(hubOptions({ hub: "http://h/it's&x" }), " --hub 'http://h/it'\\''s&x'");
    equal(hubOptions({ hub: "http://h\u001b[2J/" }), " --hub 'http://h[2J/'");
  });

  it("N1: is the room that was found, and never the invite itself", () => {
    equal(roomOptions({ env: {} }, { hub }, "ABC234"), ` --hub ${hub} --room ABC234`);
    equal(roomOptions({ env: {} }, {}), "");
    equal(roomOptions({ env: {} }, { invite: link }, "ABC234"), " --invite 'LINK'");
    // It stays where it is, and a room beside it would count before it.
    equal(roomOptions({ env: { LLM_ROOMS_INVITE: link } }, {}, "ABC234"), "");
    equal(roomOptions({ env: { LLM_ROOMS_INVITE: link } }, { room: "ABC234" }), " --room ABC234");
  });
});
