import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { RoomState } from "../../src/client/roomState";
import { createHub, type Hub } from "../../src/hub/createHub";
import type { ParticipantStatus } from "../../src/protocol/participant";
import type { ExtensionApi } from "../../src/vscode/extensionApi";
import { eventually } from "./eventually";

/** The extension as it runs in this very extension host. */
export async function activeExtension(): Promise<ExtensionApi> {
  const extension = vscode.extensions.getExtension<ExtensionApi | undefined>("llm-rooms.llm-rooms");
  const api = await extension?.activate();
  assert.ok(api, "the extension gives its parts to tests");
  return api;
}

/** A hub inside the test's own process, on a free port or one that a hub had before. */
export function startTestHub(port = 0): Promise<Hub> {
  return createHub({ port, open: true });
}

/** Makes a room as a terminal program would. */
export async function makeRoom(hub: Hub, name: string, password?: string): Promise<string> {
  const body = JSON.stringify({ name, ...(password && { password }) });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${hub.url}/v1/rooms`, { method: "POST", headers, body });
  const { data } = (await answer.json()) as { data: { room: { code: string } } };
  return data.room.code;
}

/** The room as the extension sees it. */
export function joinedRoom({ connection }: ExtensionApi): RoomState {
  assert.equal(connection.state.state, "joined");
  return connection.state.state === "joined" ? connection.state.room : assert.fail();
}

/** Waits until the extension sees a participant with this model in that status. */
export async function seesModel(api: ExtensionApi, model: string, status: ParticipantStatus): Promise<void> {
  await eventually(() => {
    const card = [...joinedRoom(api).participants.values()].find((each) => each.model === model);
    assert.equal(card?.status, status);
  });
}

/** Leaves whatever room is joined, and stops what is shared without asking. */
export async function leaveQuietly(api: ExtensionApi): Promise<void> {
  await api.shares.stopAll();
  await vscode.commands.executeCommand("llmRooms.leaveRoom");
}
