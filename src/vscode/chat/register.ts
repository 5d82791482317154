import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { systemClock } from "../../common/clock";
import { DisposableStore } from "../../common/disposable";
import { streamChat } from "../networkAccess";
import type { RoomConnection } from "../room/roomConnection";
import { participantIdOf } from "../views/participantIdOf";
import { ChatController } from "./chatController";
import { chatViewType } from "./chatPanel";
import { ChatSession } from "./chatSession";
import { answererOf } from "./chatTargets";
import { ConversationStore } from "./conversationStore";
import { EditorAccess } from "./editorAccess";

export interface ChatDeps {
  context: vscode.ExtensionContext;
  connection: RoomConnection;
  /** Whether a participant is one that this user shares. */
  isMine: (participantId: string) => boolean;
  log: vscode.LogOutputChannel;
}

/** The chat panel: its commands, its tab, and that it comes back after a reload. */
export function registerChat({ context, connection, isMine, log }: ChatDeps): vscode.Disposable {
  const owned = new DisposableStore();
  const reportBug = (error: unknown) => log.error(`Chat: ${withoutContent(error)}`);
  const participants = () =>
    connection.state.state === "joined" ? connection.state.room.participants : new Map();
  const session = owned.add(
    new ChatSession(
      {
        stream: streamChat,
        room: () => {
          const { state } = connection;
          if (state.state !== "joined") return undefined;
          const { hubUrl, room } = state;
          const { features, credentials, target } = connection;
          return { hubUrl, roomCode: room.room.code, features, user: target?.nickname, ...credentials };
        },
        describe: (selector) => answererOf(selector, participants()),
        clock: systemClock,
        newId: randomUUID,
        onBug: reportBug,
      },
      new ConversationStore(context.workspaceState),
    ),
  );
  const editors = owned.add(new EditorAccess());
  const { extensionUri } = context;
  const controller = owned.add(
    new ChatController({
      extensionUri,
      session,
      editors,
      connection,
      isMine,
      newId: randomUUID,
      log,
      reportBug,
    }),
  );
  owned.add(vscode.commands.registerCommand("llmRooms.openChat", () => controller.open()));
  owned.add(
    vscode.commands.registerCommand("llmRooms.chatWithParticipant", (argument: unknown) =>
      controller.chatWith(participantIdOf(argument)),
    ),
  );
  owned.add(vscode.commands.registerCommand("llmRooms.attachSelection", () => controller.attachSelection()));
  owned.add(
    vscode.window.registerWebviewPanelSerializer(chatViewType, {
      deserializeWebviewPanel: async (panel) => controller.restore(panel),
    }),
  );
  return owned;
}

/** Where it happened, without the message: a message may quote what was being parsed, and that may be a prompt. */
function withoutContent(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames].join("\n");
}
