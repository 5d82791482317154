import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Hub } from "../../src/hub/createHub";
import { paths } from "../../src/protocol/paths";
import type { ExtensionApi } from "../../src/vscode/extensionApi";
import { type ParticipantLine, ParticipantsTree } from "../../src/vscode/views/participantsTree";
import { eventually } from "../support/eventually";
import { activeExtension, joinedRoom, leaveQuietly, makeRoom, startTestHub } from "../support/extensionHost";

describe("the Participants view's lines", () => {
  let api: ExtensionApi;
  let hub: Hub;
  let roomCode: string;
  let tree: ParticipantsTree;
  let drawn: (readonly ParticipantLine[] | undefined)[];
  beforeEach(async () => {
    api = await activeExtension();
    hub = await startTestHub();
    roomCode = await makeRoom(hub, "Team");
    for (const [id, nickname] of [
      ["a", "Ada"],
      ["b", "Bob"],
      // Not to be taken for the line that says that nothing is shared.
      ["not-sharing", "Cy"],
    ] as const)
      await register(id, { nickname });
    await vscode.commands.executeCommand("llmRooms.joinRoom", { hubUrl: hub.url, roomCode, nickname: "Kim" });
    await eventually(() => assert.equal(joinedRoom(api).participants.size, 3));
    tree = new ParticipantsTree({ ...api, log: vscode.window.createOutputChannel("test", { log: true }) });
    drawn = [];
    tree.onDidChangeTreeData((lines) => drawn.push(lines));
  });
  afterEach(async () => {
    tree.dispose();
    await leaveQuietly(api);
    await hub.close();
  });

  async function register(id: string, card: object): Promise<void> {
    const body = JSON.stringify({ model: "m", endpoint: "http://127.0.0.1:11434", ...card });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(hub.url + paths.participant(roomCode, id), { method: "PUT", headers, body });
    assert.equal(answer.ok, true);
  }

  const texts = () =>
    tree.getChildren().map((line) => {
      const { label, description } = tree.getTreeItem(line);
      return `${label}: ${description}`;
    });

  it("are drawn anew by themselves where they only look different, so that a click meets a line that is there", async () => {
    const before = tree.getChildren();
    await register("b", { nickname: "Bob", specs: { gpu: "RTX 4090", vram: 24 } });
    await eventually(() => assert.match(texts().join("\n"), /Bob: m · RTX 4090/));
    assert.deepEqual(tree.getChildren(), before);
    const bob = before.find(({ participantId }) => participantId === "b");
    assert.ok(drawn.length > 0 && drawn.every((lines) => lines?.length === 1 && lines[0] === bob));
  });

  it("are drawn all at once where there is another, and those that were there are the same", async () => {
    const before = tree.getChildren();
    await register("d", { nickname: "Dan" });
    await eventually(() => assert.equal(tree.getChildren().length, before.length + 1));
    assert.ok(drawn.includes(undefined));
    assert.ok(before.every((line) => tree.getChildren().includes(line)));
  });

  it("have ids of their own, the user's own line too", () => {
    const lines = tree.getChildren();
    assert.equal(lines.length, 4);
    assert.equal(new Set(lines.map((line) => tree.getTreeItem(line).id)).size, 4);
    assert.equal(lines.filter(({ participantId }) => participantId === undefined).length, 1);
  });
});
