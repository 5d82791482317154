import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { heldBytes } from "../support/heldBytes";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

const chatOnly = { capabilities: { openResponses: "unsupported", chatCompletions: "supported" } };
const MB = 1024 * 1024;

describe("hub: memory of responses", () => {
  let t: TestHub;
  beforeEach(async () => {
    t = await startHub();
  });
  afterEach(() => t.hub.close());

  it("I12: of a translated response that is over no prompt is kept", async () => {
    const code = await t.makeRoom();
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    p.serve((request) =>
      p.answer(request, { choices: [{ message: { content: "Hi" }, finish_reason: "stop" }] }),
    );
    const input = "a".repeat(900_000);
    const ask = async (times: number) => {
      for (let each = 0; each < times; each++) {
        assert.equal((await t.ask("POST", paths.responses(code), { model: "*", input })).status, 200);
        p.messages.length = 0;
      }
    };
    await ask(5);
    const before = heldBytes();
    await ask(40);
    const grown = heldBytes() - before;
    assert.ok(grown < 20 * MB, `${Math.round(grown / MB)} MB`);
  });
});
