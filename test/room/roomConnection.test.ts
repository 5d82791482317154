import { deepEqual } from "node:assert/strict";
import type { HubClient } from "../../src/client/hubClient";
import type { RoomFeed } from "../../src/client/roomFeed";
import { type HubAccess, RoomConnection } from "../../src/vscode/room/roomConnection";
import type { RoomKeys } from "../../src/vscode/room/roomSecrets";

const fingerprint = (byte: string) => Array(32).fill(byte).join(":");

describe("the keys of the joined room", () => {
  let kept: RoomKeys;
  let connection: RoomConnection;

  beforeEach(async () => {
    kept = { hostToken: "host", memberToken: "old", fingerprint: fingerprint("AA") };
    const feed = { state: {}, onDidChangeState: () => ({ dispose: () => {} }), dispose: () => {} };
    const access: HubAccess = {
      openHub: async () => ({ getRoom: async () => ({}) }) as unknown as HubClient,
      openFeed: async () => feed as unknown as RoomFeed,
      discoverHubs: async () => undefined,
    };
    connection = new RoomConnection(access, async () => kept);
    await connection.join({ hubUrl: "https://hub.example", roomCode: "ABC234", nickname: "Ada" });
  });
  afterEach(() => connection.dispose());

  it("become new ones that another window of the host has kept", async () => {
    kept = { ...kept, memberToken: "new" };
    await connection.renewKeys();
    deepEqual(connection.keys, kept);
  });

  it("N7: stay where another window was given another certificate of the hub", async () => {
    const before = kept;
    kept = { fingerprint: fingerprint("BB") };
    await connection.renewKeys();
    deepEqual(connection.keys, before);
  });
});
