import * as vscode from "vscode";
import { registerCommand } from "../registerCommand";
import { COPIED_SHOWN_MS } from "../room/copyRoom";
import { showInformation } from "../showMessage";
import { participantIdOf } from "./participantIdOf";
import { orderParticipants } from "./participantOrder";
import { participantRow } from "./participantRow";
import { escapeIcons } from "./plainText";
import type { ViewParts } from "./viewParts";

/** "Copy Model ID": what an OpenAI client writes in `model` to reach exactly this participant. */
export function registerCopyModelId(parts: ViewParts): vscode.Disposable {
  return registerCommand("llmRooms.copyModelId", parts.log, async (argument) => {
    const id = participantIdOf(argument) ?? (await pickParticipant(parts));
    if (id === undefined) return;
    await vscode.env.clipboard.writeText(id);
    vscode.window.setStatusBarMessage("$(copy) Model ID copied", COPIED_SHOWN_MS);
  });
}

async function pickParticipant({ connection, isMine }: ViewParts): Promise<string | undefined> {
  const { state } = connection;
  if (state.state !== "joined" || state.room.participants.size === 0) {
    const why =
      state.state === "joined"
        ? "Nobody shares a model in this room."
        : "You are in no room. Join one first.";
    showInformation(why);
    return undefined;
  }
  const items = orderParticipants(state.room.participants.values(), isMine).map((participant) => {
    const row = participantRow({
      participant,
      mine: isMine(participant.id),
      serving: 0,
      paused: false,
      stale: false,
    });
    return {
      label: escapeIcons(row.label),
      description: escapeIcons(row.description),
      detail: participant.id,
      id: participant.id,
    };
  });
  const item = await vscode.window.showQuickPick(items, { title: "Copy Model ID", matchOnDescription: true });
  return item?.id;
}
