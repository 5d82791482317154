import { hubHas } from "../protocol/hubFeatures";
import { paths } from "../protocol/paths";
import type { AnswerFormat } from "./answerDelta";
import { chatFormat } from "./chatStream";
import { ResponsesFormat } from "./responsesStream";

/** One way to ask a hub for an answer. */
export interface ChatRoute {
  readonly path: string;
  /** JSON. */
  readonly body: string;
  readonly format: AnswerFormat;
  /** The request must be read to its end whatever happens: see ChatExchange. */
  readonly drains: boolean;
  readonly cancelPath?: (responseId: string) => string;
  /** Statuses that mean "not by this way": the next route is tried. */
  readonly passedOnBy?: ReadonlySet<number>;
}

export interface ChatQuestion {
  readonly roomCode: string;
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** Who asks; only told to a hub that queues fairly by it. */
  readonly user?: string | undefined;
}

/** The ways to ask this hub, best first; never empty. */
export function chatRoutes(features: readonly string[], question: ChatQuestion): ChatRoute[] {
  // A hub of ours sees a request being closed and cancels it at the participant. A plain Gambi hub ends instead.
  const drains = !hubHas(features, "errors.openai");
  if (drains) return [responsesRoute(question), chatRoute(question, drains)];
  return [chatRoute(question, drains, hubHas(features, "queue") ? question.user : undefined)];
}

function chatRoute({ roomCode, model, messages }: ChatQuestion, drains: boolean, user?: string): ChatRoute {
  const body = {
    model,
    ...(user && { user }),
    messages,
    stream: true,
    stream_options: { include_usage: true },
  };
  return { path: paths.chatCompletions(roomCode), body: JSON.stringify(body), format: chatFormat, drains };
}

/** The one API of a Gambi hub whose answers can be cancelled. */
function responsesRoute({ roomCode, model, messages }: ChatQuestion): ChatRoute {
  return {
    path: paths.responses(roomCode),
    body: JSON.stringify({ model, input: messages, stream: true }),
    format: new ResponsesFormat(),
    drains: true,
    cancelPath: (responseId) => paths.cancelResponse(roomCode, responseId),
    passedOnBy: new Set([400, 501]),
  };
}
