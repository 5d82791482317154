/** What a request of the bench asks of whoever answers it; travels as the field `bench` of its body. */
export interface Plan {
  /** Names the request where its end is asked for later. */
  id?: string;
  /** 0: without end. */
  tokens: number;
  /** Between two tokens, ms; 0: as fast as they are taken. */
  everyMs: number;
  /** Of a token's text. */
  bytes: number;
}

/** Where a token tells when it was written: `now()`, of one width so that it is found and read without parsing. */
const STAMP_MARK = '"t":';
const STAMP_DIGITS = 16;
const NANOSECONDS_PER_MS = 1e6;

/** ms on a clock that all processes of one machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / NANOSECONDS_PER_MS;
}

/** One event of a chat completion's stream, as long as providers' are. */
export function tokenEvent(bytes: number): Buffer {
  return Buffer.from(eventWith("x".repeat(bytes), 0), "latin1");
}

/** The same with the moment of its writing in it. */
export function stampedEvent(): string {
  return eventWith(" token", now());
}

export const lastEvent = "data: [DONE]\n\n";

function eventWith(content: string, stamp: number): string {
  const choice = `{"index":0,"delta":{"content":"${content}"},"logprobs":null,"finish_reason":null}`;
  const head = '"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench"';
  return `data: {${head},"choices":[${choice}],${STAMP_MARK}${stamp.toFixed(3).padStart(STAMP_DIGITS, "0")}}\n\n`;
}

/** Body of a request that asks for `plan`. */
export function bodyFor(model: string, plan: Plan, prompt = "hello"): string {
  const messages = [{ role: "user", content: prompt }];
  return JSON.stringify({ model, stream: true, bench: plan, messages });
}

/** Reads the plan from a part of a body, so that a long prompt need not be parsed; undefined where there is none. */
export function planIn(part: string): Plan | undefined {
  const [, json] = /"bench":(\{[^}]*\})/.exec(part) ?? [];
  return json === undefined ? undefined : JSON.parse(json);
}

/** Reads the delays of stamped tokens from a stream's bytes, whatever pieces they come in. */
export class DelayReader {
  readonly delays: number[] = [];
  #rest: Buffer | undefined;

  push(bytes: Buffer): void {
    const at = now();
    const data = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    let from = 0;
    for (;;) {
      const mark = data.indexOf(STAMP_MARK, from, "latin1");
      const begin = mark + STAMP_MARK.length;
      if (mark < 0 || begin + STAMP_DIGITS > data.byteLength) {
        // The mark, or its digits, may go on in the next piece.
        const keep = mark < 0 ? Math.max(from, data.byteLength - STAMP_MARK.length + 1) : mark;
        this.#rest = keep < data.byteLength ? data.subarray(keep) : undefined;
        return;
      }
      const stamp = Number(data.toString("latin1", begin, begin + STAMP_DIGITS));
      // Not a number where a chunk's header stands inside.
      if (stamp > 0) this.delays.push(at - stamp);
      from = begin + STAMP_DIGITS;
    }
  }
}
