import { z } from "zod";
import { boundedArray } from "./bounded";
import { MAX_LIST_LENGTH } from "./constants";
import {
  chatUsageSchema,
  endOf,
  itemId,
  makeResponse,
  makeUsage,
  type OutputItem,
  outputText,
  type ResponseContext,
  reasoningText,
  toolCallSchema,
} from "./responseObject";
import { UntranslatableError } from "./untranslatableError";

const completionSchema = z.looseObject({
  choices: boundedArray(
    z.looseObject({
      message: z.looseObject({
        content: z.string().nullish(),
        refusal: z.string().nullish(),
        reasoning_content: z.string().nullish(),
        reasoning: z.string().nullish(),
        tool_calls: boundedArray(toolCallSchema, MAX_LIST_LENGTH).nullish(),
      }),
      finish_reason: z.string().nullish(),
    }),
    MAX_LIST_LENGTH,
  ),
  usage: chatUsageSchema.nullish(),
});

/** The Responses answer that says the same as a whole (not streamed) chat completion. @throws UntranslatableError */
export function chatToResponse(completion: unknown, context: ResponseContext): Record<string, unknown> {
  const parsed = completionSchema.safeParse(completion);
  const choice = parsed.data?.choices[0];
  if (!choice) throw new UntranslatableError("The provider's answer is not a chat completion.");
  const { status, incomplete_details } = endOf(choice.finish_reason);
  const { message } = choice;
  const output: OutputItem[] = [];
  const nextId = (kind: string) => itemId(context.responseId, kind, output.length);

  const thoughts = message.reasoning_content ?? message.reasoning;
  if (thoughts)
    output.push({
      id: nextId("rs"),
      type: "reasoning",
      status: "completed",
      summary: [],
      content: [reasoningText(thoughts)],
    });
  const text = message.content || message.refusal;
  if (text)
    output.push({
      id: nextId("msg"),
      type: "message",
      status,
      role: "assistant",
      content: [outputText(text)],
    });
  for (const call of message.tool_calls ?? []) {
    const id = nextId("fc");
    output.push({
      id,
      type: "function_call",
      status: "completed",
      call_id: call.id ?? id,
      name: call.function?.name ?? "",
      arguments: call.function?.arguments ?? "",
    });
  }
  return makeResponse(context, status, output, {
    incomplete_details,
    usage: makeUsage(parsed.data?.usage ?? undefined),
  });
}
