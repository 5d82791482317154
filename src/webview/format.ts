import type { Answer, Answerer, AnswerMetrics, AttachmentView, TargetOption } from "../protocol/panel";

const MS_PER_SECOND = 1_000;
const SLOW_TOKENS_PER_SECOND = 10;

function secondsText(ms: number): string {
  const seconds = ms / MS_PER_SECOND;
  return seconds < 1 ? `${Math.round(ms)} ms` : `${seconds.toFixed(1)} s`;
}

/** Time to first token and speed, as far as they are known. */
export function metricsText({ ttftMs, durationMs, outputTokens, tokensPerSecond }: AnswerMetrics): string {
  const first = ttftMs === undefined ? undefined : `${secondsText(ttftMs)} to first token`;
  const speed = tokensPerSecond === undefined ? undefined : `${rateText(tokensPerSecond)} tokens/s`;
  const total = `${outputTokens} tokens in ${secondsText(durationMs)}`;
  return [first, speed, total].filter(Boolean).join(" · ");
}

const SECONDS_SHOWN_UP_TO = 90;

/** Whom an answer waits for, and where in the queue it stands: `Waiting for Ada · place 2 · about 35 s`. */
export function waitingText({ who, status }: Pick<Answer, "who" | "status">): string {
  const whom = who.nickname === undefined ? "Waiting for an answer" : `Waiting for ${who.nickname}`;
  if (status.state !== "waiting" || status.position === undefined) return whom;
  const { position, estimatedWaitMs } = status;
  return [whom, `place ${position}`, estimatedWaitMs === undefined ? undefined : aboutText(estimatedWaitMs)]
    .filter(Boolean)
    .join(" · ");
}

function aboutText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / MS_PER_SECOND));
  return seconds < SECONDS_SHOWN_UP_TO ? `about ${seconds} s` : `about ${Math.round(seconds / 60)} min`;
}

function rateText(rate: number): string {
  return rate < SLOW_TOKENS_PER_SECOND ? rate.toFixed(1) : String(Math.round(rate));
}

/** Why an answer ended, where it is not simply complete. */
export function cutText(finishReason: string | undefined): string | undefined {
  switch (finishReason) {
    case undefined:
    case "stop":
      return undefined;
    case "length":
      return "Cut off at the length limit";
    case "content_filter":
      return "Cut off by a content filter";
    default:
      return `Ended: ${finishReason}`;
  }
}

export function answererName({ nickname, model }: Answerer): string {
  return nickname ?? model ?? "Any participant";
}

export function attachmentText({ path, startLine, endLine }: AttachmentView): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return startLine === endLine ? `${name}:${startLine}` : `${name}:${startLine}-${endLine}`;
}

export function statusIcon(status: TargetOption["status"]): string {
  return { online: "pass", busy: "sync", offline: "circle-slash" }[status];
}

export function statusText(status: TargetOption["status"]): string {
  return { online: "free", busy: "busy", offline: "offline" }[status];
}
