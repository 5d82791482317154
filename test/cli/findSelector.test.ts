import { equal, rejects } from "node:assert/strict";
import { findSelector } from "../../src/cli/findSelector";
import { participantInfoSchema } from "../../src/protocol/participant";

const someone = (id: string, nickname: string, model: string) =>
  participantInfoSchema.parse({
    ...{ id, nickname, model, endpoint: "http://localhost:1", status: "online" },
    ...{ joinedAt: 1, lastSeen: 1, updatedAt: 1 },
  });

describe("whom --to means", () => {
  const ada = someone("p1", "Ada", "llama3");
  const ben = someone("p2", "Ben", "llama3");
  const find = (name: string, ...others: ReturnType<typeof someone>[]) => {
    const hub = { listParticipants: async () => [ada, ben, ...others] };
    return findSelector(hub, "ABC234", name, new AbortController().signal);
  };

  it("is a selector as it is, or who has that nickname, in any case", async () => {
    for (const selector of ["any", "*", "model:x", "p1", "llama3", "nobody"])
      equal(await find(selector), selector);
    equal(await find("ada"), "p1");
    equal(await find("Zed", someone("Zed", "Zed", "Zed")), "Zed", "their own name for all three");
  });

  it("is nobody who took another's nickname, for whatever of theirs", async () => {
    const named = /^HumanError: Ada may mean 2 participants/;
    await rejects(find("Ada", someone("Ada", "Mallory", "m")), named);
    await rejects(find("Ada", someone("p3", "Mallory", "Ada")), named);
    await rejects(find("Ada", someone("p3", "ada", "m")), named);
  });

  it("is whoever has the id that is given as one, whatever names and ids others took", async () => {
    const mallory = someone("Ada", "p1", "m");
    await rejects(find("Ada", mallory), { hint: "Give one's id:\n  id:p1  Ada  llama3\n  id:Ada  p1  m" });
    equal(await find("id:p1", mallory), "p1");
    equal(await find("id:Ada", mallory), "Ada");
    equal(await find("id:p1", someone("id:p1", "id:p1", "id:p1")), "p1");
    equal(await find("id:nobody"), "id:nobody");
  });
});
