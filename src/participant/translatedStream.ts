import { type Clock, wait } from "../common/clock";
import type { ChatToResponsesStream } from "../protocol/chatToResponsesStream";
import type { EventCount } from "./eventCount";
import { type ProviderAnswer, ProviderFailure } from "./providerCalls";
import { StreamKeepAlive } from "./streamKeepAlive";
import type { TunnelAnswer } from "./tunnelAnswer";

/** How long a provider may think before a stream begins without it, ms: long enough for most errors to come first. */
const EARLY_START_MS = 2_000;

export interface TranslatedStream {
  readonly answer: TunnelAnswer;
  readonly calling: Promise<ProviderAnswer>;
  readonly translation: ChatToResponsesStream;
  /** Of the provider. */
  readonly events: EventCount;
  readonly clock: Clock;
  /**
   * Through a Gambi hub the response's id is the requester's only means to stop it, so that it must be told before a
   * model has loaded. Elsewhere the provider's own status comes first.
   */
  readonly startEarly: boolean;
  /** Answers an error of the provider as it is. */
  refusedByProvider(answered: ProviderAnswer): Promise<boolean>;
  wasFinishedEarly(): boolean;
}

/** Serves a stream of chat completions as a Responses stream. Rejects only where nothing was sent yet. */
export async function serveTranslatedStream(stream: TranslatedStream): Promise<void> {
  const { answer, translation, clock } = stream;
  let alive: StreamKeepAlive | undefined;
  const write = (bytes: Uint8Array) => (alive ?? answer).write(bytes);
  const begin = async () => {
    answer.start(200, { "content-type": "text/event-stream" });
    if (stream.startEarly) alive = new StreamKeepAlive(answer, clock);
    await write(translation.start());
  };
  const isEarly = stream.startEarly && (await isSlow(stream.calling, clock));
  if (isEarly) await begin();
  try {
    const answered = await stream.calling;
    if (!isEarly) {
      if (await stream.refusedByProvider(answered)) return;
      await begin();
    } else if (answered.status >= 300) {
      answered.body.close(); // Nobody reads it.
      throw new ProviderFailure(`The provider failed with status ${answered.status}.`);
    }
    for await (const bytes of answered.body) {
      stream.events.look(bytes);
      await write(translation.push(bytes));
    }
    await write(translation.end());
  } catch (error) {
    if (!answer.started) throw error;
    if (stream.wasFinishedEarly()) await answer.write(translation.cancel());
    else await answer.write(translation.fail(describe(error)));
  } finally {
    alive?.dispose();
  }
  answer.end();
}

async function isSlow(calling: Promise<ProviderAnswer>, clock: Clock): Promise<boolean> {
  const waiting = new AbortController();
  const answered = calling.then(
    () => false,
    () => false,
  );
  const slow = wait(clock, EARLY_START_MS, waiting.signal).then(() => true);
  const result = await Promise.race([answered, slow]);
  waiting.abort();
  return result;
}

function describe(error: unknown): string {
  // Not another error's own words: they may quote what was asked.
  return error instanceof ProviderFailure ? error.message : "The participant could not serve the request.";
}
