import assert from "node:assert/strict";
import { RoomMemory } from "../../src/vscode/room/roomMemory";
import { ShareMemory } from "../../src/vscode/sharing/shareMemory";
import { MementoMap } from "../support/mementoMap";

const room = { hubUrl: "http://localhost:5567", roomCode: "ABC234", nickname: "Kim" };
const llama = { endpoint: "http://localhost:11434", model: "llama3:8b", providerName: "Ollama" };

describe("what a window remembers of its room", () => {
  const state = () => ({ workspaceState: new MementoMap(), globalState: new MementoMap() });

  it("survives a reload, which is told from a restart", async () => {
    const context = state();
    await new RoomMemory(context, "session 1").rememberJoined(room);
    const reloaded = new RoomMemory(context, "session 1");
    assert.deepEqual(reloaded.room, { state: "joined", target: room, sessionId: "session 1" });
    assert.ok(reloaded.room && reloaded.isSameSession(reloaded.room));
    const restarted = new RoomMemory(context, "session 2");
    assert.ok(restarted.room && !restarted.isSameSession(restarted.room));
  });

  it("is that the user left, in every window until the room is joined again", async () => {
    const context = state();
    const memory = new RoomMemory(context, "s");
    await memory.rememberLeft(room);
    const otherWindow = new RoomMemory({ ...context, workspaceState: new MementoMap() }, "s");
    assert.equal(memory.room?.state, "left");
    assert.ok(otherWindow.wasLeft(room.hubUrl, "abc234"));
    await otherWindow.rememberJoined(room);
    assert.ok(!memory.wasLeft(room.hubUrl, room.roomCode));
  });

  it("is nothing where what was stored is of another shape", async () => {
    const context = state();
    await context.workspaceState.update("room", { state: "joined", target: 5 });
    assert.equal(new RoomMemory(context, "s").room, undefined);
  });

  it("is which proposals were answered", async () => {
    const memory = new RoomMemory(state(), "s");
    assert.ok(!memory.wasAsked(room.hubUrl, room.roomCode));
    await memory.rememberAsked(room.hubUrl, room.roomCode);
    assert.ok(memory.wasAsked(room.hubUrl, room.roomCode));
  });
});

describe("what a window remembers of its shares", () => {
  const shared = { shares: [llama], paused: true };
  const nothing = { shares: [], paused: false };
  let memory: ShareMemory;
  beforeEach(async () => {
    memory = new ShareMemory({ workspaceState: new MementoMap(), globalState: new MementoMap() });
    await memory.rememberConfirmed([llama]);
    await memory.rememberShared(room, shared, 1_000);
  });

  it("comes back after a reload, paused as it was", () => {
    assert.deepEqual(memory.sharedBeforeReload(room, 30_000), shared);
  });

  it("does not come back in another room, or in a window opened later", () => {
    assert.deepEqual(memory.sharedBeforeReload({ ...room, roomCode: "XYZ789" }, 2_000), nothing);
    assert.deepEqual(memory.sharedBeforeReload(room, 10 * 60_000), nothing);
  });

  it("does not come back once it was stopped", async () => {
    await memory.forgetShared();
    assert.deepEqual(memory.sharedBeforeReload(room, 2_000), nothing);
  });

  it("never brings back what the user did not confirm", async () => {
    const other = { ...llama, model: "qwen" };
    await memory.rememberShared(room, { shares: [llama, other], paused: false }, 1_000);
    assert.deepEqual(memory.sharedBeforeReload(room, 2_000).shares, [llama]);
    assert.ok(!memory.isConfirmed(other));
  });
});
