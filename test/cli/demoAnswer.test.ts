import { doesNotMatch, equal, match, ok } from "node:assert/strict";
import { type DemoFacts, demoAnswer, demoDisclaimer } from "../../src/cli/demoAnswer";
import { splitTokens } from "../../src/cli/demoCompletion";
import { participantInfoSchema } from "../../src/protocol/participant";

describe("demo answer", () => {
  const participant = participantInfoSchema.parse({
    id: "p1",
    nickname: "Demo 1",
    model: "demo-small",
    endpoint: "http://127.0.0.1:1",
    specs: { cpu: "Some CPU" },
    status: "busy",
    joinedAt: 1,
    lastSeen: 1,
    updatedAt: 1,
  });
  const facts: DemoFacts = {
    roomCode: "ABC234",
    hubUrl: "http://127.0.0.1:5567",
    endpoint: "http://127.0.0.1:5567/rooms/ABC234/v1",
    participants: [participant],
  };

  it("says first of all that it is a demo, whatever was asked", () => {
    for (const question of [
      "",
      "Are you a model?",
      "Who is here?",
      "code",
      "share",
      "long",
      "table",
      "curl",
    ]) {
      ok(demoAnswer(question, facts).startsWith(demoDisclaimer), question);
    }
  });

  it("knows who is in the room, on what and how busy", () => {
    match(demoAnswer("Who is in this room?", facts), /\| Demo 1 \| `demo-small` \| busy \| Some CPU \|/);
  });

  it("explains how to share a model in this very room", () => {
    const answer = demoAnswer("How do I share my own model?", facts);
    match(answer, /LLM Rooms: Share Model/);
    match(answer, /llm-rooms share --hub http:\/\/127\.0\.0\.1:5567 --room ABC234/);
  });

  it("gives the room's OpenAI endpoint", () => {
    const answer = demoAnswer("How do I get the OpenAI endpoint?", facts);
    match(answer, /curl http:\/\/127\.0\.0\.1:5567\/rooms\/ABC234\/v1\/chat\/completions/);
  });

  it("shows a code block with its language when asked for code", () => {
    match(demoAnswer("Show me some code", facts), /```typescript\n[\s\S]+\n```/);
  });

  it("goes by what is asked, not by what is attached", () => {
    const attached = "src/list.ts, lines 1-2:\n````typescript\n// stop the count of ```\n\n````\n\n";
    match(demoAnswer(`${attached}${attached}Who is in this room?`, facts), /\| Demo 1 \|/);
    match(demoAnswer(attached, facts), /I understand a few words only/);
  });

  it("lists what it understands where it understood nothing", () => {
    const answer = demoAnswer("zzz", facts);
    match(answer, /Who is in this room\?/);
    match(answer, /ABC234/);
    doesNotMatch(answer, /undefined/);
  });

  it("is cut into tokens that lose nothing", () => {
    for (const question of ["zzz", "who", "code", "long answer", "markdown"]) {
      const answer = demoAnswer(question, facts);
      equal(splitTokens(answer).join(""), answer);
    }
    equal(splitTokens("  a\n\nverylongword  ").join(""), "  a\n\nverylongword  ");
  });
});
