import type * as vscode from "vscode";
import { z } from "zod";

const key = "servedToday";
const totalsSchema = z.object({ day: z.string(), requests: z.number(), tokens: z.number() });

export interface Totals {
  readonly requests: number;
  /** About so many. */
  readonly tokens: number;
}

/** What this window served today, by this machine's calendar; a reload forgets nothing. */
export class ServedToday {
  readonly #window: vscode.Memento;

  constructor(context: Pick<vscode.ExtensionContext, "workspaceState">) {
    this.#window = context.workspaceState;
  }

  at(now: Date): Totals {
    const kept = totalsSchema.safeParse(this.#window.get(key)).data;
    return kept?.day === dayOf(now) ? kept : { requests: 0, tokens: 0 };
  }

  async add(tokens: number, now: Date): Promise<void> {
    const before = this.at(now);
    const totals = { requests: before.requests + 1, tokens: before.tokens + tokens };
    await this.#window.update(key, { day: dayOf(now), ...totals });
  }
}

function dayOf(date: Date): string {
  return date.toDateString();
}
