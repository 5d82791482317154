import { match } from "node:assert/strict";
import os from "node:os";
import { participantIdFor } from "../../src/cli/participantId";

describe("a terminal share's id", () => {
  const { userInfo } = os;
  afterEach(() => {
    os.userInfo = userInfo;
  });

  it("is there also for a container's user without an entry in the password file", () => {
    os.userInfo = () => {
      throw new Error("ENOENT");
    };
    match(participantIdFor({ roomCode: "A", endpoint: "http://x", model: "m" }), /^[\da-f]{24}$/);
  });
});
