/** What a hub of ours says, in comments of the stream, to a request that waits for its answer. */
export type WaitingWord =
  /** It stands in the room's queue; 1 is next. */
  | { readonly type: "queued"; readonly position: number; readonly estimatedWaitMs?: number }
  /** The queue is over: this participant has the request. */
  | { readonly type: "servedBy"; readonly participantId: string };

/** Numbers of more digits are no hub's: nobody waits behind a million others, or for weeks. */
const queued = /^queued ([1-9]\d{0,5})(?:, about (\d{1,6}) s)?$/;
/** Percent-encoded, as in the header. */
const servedBy = /^participant ([\w.~!*'()%-]{1,1000})$/;

/** Undefined where the comment is only a sign of life, or of somebody else. */
export function readWaitingComment(comment: string): WaitingWord | undefined {
  const text = comment.trim();
  const [, position, seconds] = queued.exec(text) ?? [];
  if (position !== undefined) {
    const estimatedWaitMs = seconds === undefined ? undefined : Number(seconds) * 1_000;
    return {
      type: "queued",
      position: Number(position),
      ...(estimatedWaitMs !== undefined && { estimatedWaitMs }),
    };
  }
  const [, id] = servedBy.exec(text) ?? [];
  return id === undefined ? undefined : { type: "servedBy", participantId: id };
}
