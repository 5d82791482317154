import * as vscode from "vscode";
import { HumanError } from "../../common/humanError";
import { MAX_TEXT_LENGTH } from "../../protocol/constants";
import { askText } from "../askText";
import { registerCommand } from "../registerCommand";
import { showInformation } from "../showMessage";
import { participantIdOf } from "../views/participantIdOf";
import { toRowText } from "../views/plainText";
import { type HostedRoom, renewRoomKey } from "./renewRoomKey";
import type { ConnectionState } from "./roomConnection";
import type { RoomParts } from "./roomParts";

interface JoinedRoom extends HostedRoom {
  readonly state: Extract<ConnectionState, { state: "joined" }>;
}

/** What only the room's host can do: rename, close and clear it, and change its key. */
export function registerHostActions(parts: RoomParts): vscode.Disposable {
  const command = (id: string, run: (room: JoinedRoom, argument: unknown) => Promise<void>) =>
    registerCommand(`llmRooms.${id}`, parts.log, async (argument) => {
      const room = await hostedRoom(parts);
      if (room) await run(room, argument);
      else showInformation("Only the room's host can do that, from where it was made.");
    });
  return vscode.Disposable.from(
    // It may have been changed in another window of the host.
    parts.context.secrets.onDidChange(() => {
      parts.connection.renewKeys().catch((error) => parts.log.error(error));
    }),
    command("removeParticipant", removeParticipant),
    command("renameRoom", renameRoom),
    command("closeRoom", (room) => closeRoom(parts, room)),
    command("changeRoomKey", (room) => changeRoomKey(parts, room)),
  );
}

async function hostedRoom({ connection, access }: RoomParts): Promise<JoinedRoom | undefined> {
  const { state, credentials, keys } = connection;
  if (state.state !== "joined" || !state.isHost) return undefined;
  const { hubUrl, room } = state;
  return { hub: await access.openHub(hubUrl, credentials), hubUrl, code: room.room.code, keys, state };
}

async function removeParticipant({ hub, code, state }: JoinedRoom, argument: unknown): Promise<void> {
  const id = participantIdOf(argument);
  const participant = id === undefined ? undefined : state.room.participants.get(id);
  if (!participant) {
    showInformation("Choose who shall be removed in the Participants view.");
    return;
  }
  const remove = "Remove";
  const answer = await vscode.window.showWarningMessage(
    `Remove ${toRowText(participant.nickname)}'s ${toRowText(participant.model)} from the room?`,
    {
      modal: true,
      detail:
        "What it answers now breaks off. Its owner can share again while they hold the room's key: change the key first to keep them out.",
    },
    remove,
  );
  if (answer === remove) await hub.removeParticipant(code, participant.id);
}

async function renameRoom({ hub, code, state }: JoinedRoom): Promise<void> {
  await askText({
    title: "Rename Room",
    prompt: "What teammates see",
    value: state.room.room.name,
    accept: async (name, signal) => {
      if (!name || name.length > MAX_TEXT_LENGTH) {
        const hint = `Of at most ${MAX_TEXT_LENGTH} characters.`;
        throw new HumanError("INVALID_INPUT", "A room needs a name.", hint);
      }
      return hub.updateRoom(code, { name }, signal);
    },
  });
}

async function closeRoom(parts: RoomParts, { hub, code, state }: JoinedRoom): Promise<void> {
  const close = "Close Room";
  const count = state.room.participants.size;
  const models = count === 0 ? "No model is" : count === 1 ? "One model is" : `${count} models are`;
  const answer = await vscode.window.showWarningMessage(
    `Close ${toRowText(state.room.room.name)} for everyone?`,
    {
      modal: true,
      detail: `${models} shared in it. Answers that run now break off, and its code, key and invite links are void for good.`,
    },
    close,
  );
  if (answer !== close) return;
  const { target } = parts.connection;
  // Whoever closed a room need not be told, and the hub's own word of it may come first.
  await parts.connection.leaveAfter(() => hub.closeRoom(code));
  if (!target) return;
  await parts.secrets.forget(target.hubUrl, code);
  await parts.memory.rememberLeft(target);
  parts.log.info(`Closed room ${code}.`);
}

async function changeRoomKey(parts: RoomParts, room: JoinedRoom): Promise<void> {
  const change = "Change Key";
  const { name, passwordProtected } = room.state.room.room;
  const password = passwordProtected ? " Whoever knows the room's password can come in as before." : "";
  const answer = await vscode.window.showWarningMessage(
    `Change the key of ${toRowText(name)}?`,
    {
      modal: true,
      detail: `Invite links and API keys that were handed out so far no longer work, and whoever came with one is out until they have a new invite. Models that are shared now stay.${password}`,
    },
    change,
  );
  if (answer !== change) return;
  await renewRoomKey(parts, room);
  parts.log.info(`Changed the key of room ${room.code}.`);
  const copy = "Copy Invite Link";
  // Not awaited: the message may stay as long as it likes.
  showInformation("The room has a new key. Teammates need a new invite link.", copy)
    .then((chosen) => chosen === copy && vscode.commands.executeCommand("llmRooms.copyInvite"))
    .then(undefined, (error) => parts.log.error(error));
}
