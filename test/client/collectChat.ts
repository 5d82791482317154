import { type ChatOptions, type ChatPart, streamChat } from "../../src/client/streamChat";

export const oursFeatures = ["errors.openai", "events.snapshot", "events.updated", "tunnel.llm-rooms.1"];

export interface Collected {
  parts: ChatPart[];
  text: string;
  reasoning: string;
  done: Extract<ChatPart, { type: "done" }> | undefined;
  error: unknown;
}

/** One answer as far as it came; `onPart` may abort it, or move the clock. */
export async function collectChat(
  options: Partial<ChatOptions> & Pick<ChatOptions, "hubUrl">,
  onPart: (part: ChatPart) => void = () => {},
): Promise<Collected> {
  const collected: Collected = { parts: [], text: "", reasoning: "", done: undefined, error: undefined };
  const messages = [{ role: "user", content: "hello" }] as const;
  try {
    for await (const part of streamChat({ roomCode: "ROOM23", model: "any", messages, ...options })) {
      collected.parts.push(part);
      if (part.type === "text") collected.text += part.text;
      if (part.type === "reasoning") collected.reasoning += part.text;
      if (part.type === "done") collected.done = part;
      onPart(part);
    }
  } catch (error) {
    collected.error = error;
  }
  return collected;
}
