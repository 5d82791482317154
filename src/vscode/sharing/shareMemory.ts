import type * as vscode from "vscode";
import { z } from "zod";
import type { JoinTarget } from "../room/roomConnection";
import { type ShareChoice, shareChoiceSchema } from "./shareChoice";

const sharedKey = "shared";
const confirmedKey = "confirmedShares";
/** Older confirmations are forgotten, and asked for again. */
const MAX_CONFIRMED = 200;
/** While it shares, a window notes that it lives this often, ms. */
export const ALIVE_INTERVAL_MS = 30_000;
/** Whoever comes back within this was reloaded; a window opened later does not share without being asked, ms. */
const RELOAD_MS = 120_000;

const sharedSchema = z.object({
  hubUrl: z.string(),
  roomCode: z.string(),
  shares: z.array(shareChoiceSchema),
  paused: z.boolean(),
  aliveAt: z.number(),
});

type Room = Pick<JoinTarget, "hubUrl" | "roomCode">;

export interface SharedInWindow {
  readonly shares: readonly ShareChoice[];
  readonly paused: boolean;
}

/** What this window shares, so that a reload brings it back, and what the user ever confirmed to share. */
export class ShareMemory {
  readonly #window: vscode.Memento;
  readonly #everywhere: vscode.Memento;

  constructor(context: Pick<vscode.ExtensionContext, "workspaceState" | "globalState">) {
    this.#window = context.workspaceState;
    this.#everywhere = context.globalState;
  }

  async rememberShared(room: Room, shared: SharedInWindow, now: number): Promise<void> {
    const { hubUrl, roomCode } = room;
    await this.#window.update(sharedKey, { hubUrl, roomCode, ...shared, aliveAt: now });
  }

  async forgetShared(): Promise<void> {
    await this.#window.update(sharedKey, undefined);
  }

  /** What a window that was just reloaded shared in that room, as far as the user confirmed it. */
  sharedBeforeReload(room: Room, now: number): SharedInWindow {
    const nothing = { shares: [], paused: false };
    const shared = sharedSchema.safeParse(this.#window.get(sharedKey)).data;
    if (!shared || now - shared.aliveAt > RELOAD_MS) return nothing;
    if (shared.hubUrl !== room.hubUrl || shared.roomCode !== room.roomCode) return nothing;
    return { shares: shared.shares.filter((choice) => this.isConfirmed(choice)), paused: shared.paused };
  }

  isConfirmed(choice: Pick<ShareChoice, "endpoint" | "model">): boolean {
    return this.#confirmed.includes(choiceKey(choice));
  }

  async rememberConfirmed(choices: readonly ShareChoice[]): Promise<void> {
    const keys = new Set([...this.#confirmed, ...choices.map(choiceKey)]);
    await this.#everywhere.update(confirmedKey, [...keys].slice(-MAX_CONFIRMED));
  }

  get #confirmed(): readonly string[] {
    return this.#everywhere.get<readonly string[]>(confirmedKey, []);
  }
}

function choiceKey({ endpoint, model }: Pick<ShareChoice, "endpoint" | "model">): string {
  return `${endpoint} ${model}`;
}
