import type { EventLog } from "./watchEvents";

/** Whether so many requests were told of in what is left of this log, and the end of each exactly once: a replaced one has two of both. */
export function areEndedOnce(log: EventLog, count: number): boolean {
  const ids = (types: RegExp) =>
    log.events.flatMap(({ type, data }) => (types.test(type) && "requestId" in data ? [data.requestId] : []));
  const begun = ids(/^llm\.request$/).sort();
  const ended = ids(/^llm\.(complete|error)$/).sort();
  return begun.length === count && begun.join() === ended.join();
}
