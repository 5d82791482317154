import * as vscode from "vscode";
import type { RoomState } from "../../client/roomState";
import type { Disposable } from "../../common/disposable";
import type { LlmMetrics } from "../../protocol/events";
import type { ParticipantInfo } from "../../protocol/participant";
import { orderParticipants } from "./participantOrder";
import { notSharingRow, type ParticipantRow, participantRow } from "./participantRow";
import { participantTooltip } from "./participantTooltip";
import type { ViewParts } from "./viewParts";

/** What a line shows, its tooltip included. */
interface Shown {
  readonly row: ParticipantRow;
  /** Undefined in the user's own line while nothing is shared. */
  readonly participant: ParticipantInfo | undefined;
  readonly metrics: LlmMetrics | undefined;
}

/** One line of the tree, the same object for as long as it is listed. Commands read `participantId`. */
export class ParticipantLine {
  #shown: Shown;

  constructor(shown: Shown) {
    this.#shown = shown;
  }

  get shown(): Shown {
    return this.#shown;
  }

  get participantId(): string | undefined {
    return this.#shown.participant?.id;
  }

  /** @returns whether that is something else than before. */
  show(shown: Shown): boolean {
    const { row, participant, metrics } = this.#shown;
    this.#shown = shown;
    const isSame = participant === shown.participant && metrics === shown.metrics;
    return !isSame || JSON.stringify(row) !== JSON.stringify(shown.row);
  }
}

/** In place of an id, which is never empty. */
const NOT_SHARING = "";

/**
 * The room as lines. Lines that only look different are drawn anew by themselves: drawn all at once, which a busy room would
 * cause many times a second, they are no lines that a click could mean for a moment.
 */
export class ParticipantsTree implements vscode.TreeDataProvider<ParticipantLine>, Disposable {
  readonly #parts: ViewParts;
  readonly #changed = new vscode.EventEmitter<ParticipantLine[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #watching: readonly Disposable[];
  /** By id, in their order. */
  #lines: ReadonlyMap<string, ParticipantLine> = new Map();

  constructor(parts: ViewParts) {
    this.#parts = parts;
    const update = () => this.#update();
    update();
    this.#watching = [parts.connection.onDidChangeState(update), parts.shares.onDidChange(update)];
  }

  getTreeItem({ shown: { row }, participantId }: ParticipantLine): vscode.TreeItem {
    const item = new vscode.TreeItem(row.label, vscode.TreeItemCollapsibleState.None);
    item.id = participantId === undefined ? "not sharing" : `participant ${participantId}`;
    item.description = row.description;
    item.iconPath = new vscode.ThemeIcon(row.icon.id, new vscode.ThemeColor(row.icon.color));
    item.contextValue = row.contextValue;
    item.accessibilityInformation = { label: row.accessibilityLabel };
    return item;
  }

  getChildren(parent?: ParticipantLine): ParticipantLine[] {
    return parent ? [] : [...this.#lines.values()];
  }

  #update(): void {
    const before = this.#lines;
    const now = this.#read();
    const changed: ParticipantLine[] = [];
    const lines = [...now].map(([id, shown]): [string, ParticipantLine] => {
      const line = before.get(id);
      if (line?.show(shown)) changed.push(line);
      return [id, line ?? new ParticipantLine(shown)];
    });
    this.#lines = new Map(lines);
    const ids = [...before.keys()];
    const isSameList = ids.length === lines.length && lines.every(([id], at) => id === ids[at]);
    if (!isSameList) this.#changed.fire(undefined);
    else if (changed.length > 0) this.#changed.fire(changed);
  }

  #read(): Map<string, Shown> {
    const { connection, shares, isMine } = this.#parts;
    const { state } = connection;
    const lines = new Map<string, Shown>();
    if (state.state !== "joined" || state.room.participants.size === 0) return lines;
    const stale = state.room.phase.state === "lost";
    const participants = orderParticipants(state.room.participants.values(), isMine);
    if (!participants.some(({ id }) => isMine(id))) {
      const row = notSharingRow(connection.target?.nickname ?? "");
      lines.set(NOT_SHARING, { row, participant: undefined, metrics: undefined });
    }
    for (const participant of participants) {
      const { id } = participant;
      const shared = shares.get(id);
      const [serving, paused] = [shared?.serving ?? 0, shared?.isPaused ?? false];
      const row = participantRow({ participant, mine: isMine(id), serving, paused, stale });
      lines.set(id, { row, participant, metrics: state.room.lastMetrics.get(id) });
    }
    return lines;
  }

  /** Made when the pointer rests on the row, so that its times are true. */
  resolveTreeItem(item: vscode.TreeItem, { shown: { participant } }: ParticipantLine): vscode.TreeItem {
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
