import type { BenchOptions } from "./options";
import type { RunningHub, Stage } from "./stage";

/** One line of the table. */
export interface Row {
  title: string;
  goal: string;
  /** By the column's name. */
  cells: Record<string, string>;
  /** By the hub's name, where the goal is for a hub. */
  met: Record<string, boolean>;
}

export interface RowContext {
  stage: Stage;
  options: BenchOptions;
  /** A hub of each build with one participant, the same for all rows that leave no trace in it. */
  hubs: readonly RunningHub[];
}

/** Some lines that are measured together. */
export interface Measurement {
  /** As `--only` names it. */
  key: string;
  measure: (context: RowContext) => Promise<Row[]>;
}

export function emptyRow(title: string, goal: string): Row {
  return { title, goal, cells: {}, met: {} };
}
