import type { Row } from "./row";

/** The rows as a Markdown table, columns as wide as they need. */
export function tableOf(rows: readonly Row[], columns: readonly string[], hubs: readonly string[]): string {
  const head = ["", ...columns, "goal", "met"];
  const lines = rows.map((row) => [
    row.title,
    ...columns.map((column) => row.cells[column] ?? "–"),
    row.goal,
    hubs.map((hub) => verdict(row.met[hub])).join(" / "),
  ]);
  const widths = head.map((_, at) => Math.max(3, ...[head, ...lines].map((line) => line[at]?.length ?? 0)));
  const print = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [print(head), print(rule), ...lines.map(print)].join("\n");
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return "–";
  return met ? "yes" : "no";
}
