import * as vscode from "vscode";
import type { RoomState } from "../../client/roomState";
import type { Disposable } from "../../common/disposable";
import type { ParticipantInfo } from "../../protocol/participant";
import { orderParticipants } from "./participantOrder";
import { notSharingRow, type ParticipantRow, participantRow } from "./participantRow";
import { participantTooltip } from "./participantTooltip";
import type { ViewParts } from "./viewParts";

/** A row of the tree. Commands read `participantId`; the user's own row while nothing is shared has none. */
export class ParticipantItem extends vscode.TreeItem {
  constructor(
    row: ParticipantRow,
    readonly participant: ParticipantInfo | undefined,
  ) {
    super(row.label, vscode.TreeItemCollapsibleState.None);
    this.id = participant?.id ?? "not-sharing";
    this.description = row.description;
    this.iconPath = new vscode.ThemeIcon(row.icon.id, new vscode.ThemeColor(row.icon.color));
    this.contextValue = row.contextValue;
    this.accessibilityInformation = { label: row.accessibilityLabel };
  }

  get participantId(): string | undefined {
    return this.participant?.id;
  }
}

/** The room as rows; reads the present state whenever VS Code asks, and keeps none of its own. */
export class ParticipantsTree implements vscode.TreeDataProvider<ParticipantItem>, Disposable {
  readonly #parts: ViewParts;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #watching: readonly Disposable[];

  constructor(parts: ViewParts) {
    this.#parts = parts;
    const changed = () => this.#changed.fire();
    this.#watching = [parts.connection.onDidChangeState(changed), parts.shares.onDidChange(changed)];
  }

  getTreeItem(item: ParticipantItem): ParticipantItem {
    return item;
  }

  getChildren(parent?: ParticipantItem): ParticipantItem[] {
    const { connection, shares, isMine } = this.#parts;
    const { state } = connection;
    if (parent || state.state !== "joined" || state.room.participants.size === 0) return [];
    const stale = state.room.phase.state === "lost";
    const participants = orderParticipants(state.room.participants.values(), isMine);
    const items = participants.map((participant) => {
      const shared = shares.get(participant.id);
      const [serving, paused] = [shared?.serving ?? 0, shared?.isPaused ?? false];
      const row = participantRow({ participant, mine: isMine(participant.id), serving, paused, stale });
      return new ParticipantItem(row, participant);
    });
    if (participants.some(({ id }) => isMine(id))) return items;
    return [new ParticipantItem(notSharingRow(connection.target?.nickname ?? ""), undefined), ...items];
  }

  /** Made when the pointer rests on the row, so that its times are true. */
  resolveTreeItem(item: vscode.TreeItem, { participant }: ParticipantItem): vscode.TreeItem {
    const { connection, isMine } = this.#parts;
    const { state } = connection;
    if (state.state !== "joined") return item;
    item.tooltip = participant
      ? tooltip(state.room, participant, isMine(participant.id))
      : "You are in the room and share no model.";
    return item;
  }

  dispose(): void {
    for (const each of this.#watching) each.dispose();
    this.#changed.dispose();
  }
}

function tooltip(room: RoomState, participant: ParticipantInfo, mine: boolean): vscode.MarkdownString {
  const text = participantTooltip({
    participant,
    mine,
    statusSince: room.statusSince.get(participant.id),
    metrics: room.lastMetrics.get(participant.id),
    stale: room.phase.state === "lost",
    now: Date.now(),
  });
  const markdown = new vscode.MarkdownString(text, false);
  // Both are the defaults; a stranger's text stands in it, so that they are said.
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  return markdown;
}
