import type { ParticipantInfo } from "../protocol/participant";

/** What the demo knows of its room at the moment of a question. */
export interface DemoFacts {
  roomCode: string;
  hubUrl: string;
  /** The room's OpenAI base URL. */
  endpoint: string;
  participants: readonly ParticipantInfo[];
}

/** Every answer begins with it: nobody shall take the demo for a model. */
export const demoDisclaimer = "*I am LLM Rooms' built-in demo, not a language model.*";

interface Intent {
  pattern: RegExp;
  answer: (facts: DemoFacts) => string;
}

/** The first that fits wins. */
const intents: readonly Intent[] = [
  { pattern: /\b(long|stop|essay|story|count)\b/i, answer: longAnswer },
  { pattern: /\b(endpoint|openai|curl|api|sdk|base url)\b/i, answer: endpointAnswer },
  { pattern: /\b(share|sharing|lend|offer)\b/i, answer: shareAnswer },
  { pattern: /\b(who|participants?|room|members?|team|everyone)\b/i, answer: roomAnswer },
  { pattern: /\b(code|function|typescript|javascript|python|program|snippet)\b/i, answer: codeAnswer },
  { pattern: /\b(markdown|table|format|list)\b/i, answer: markdownAnswer },
];

/** In a longer text, fences that nothing closes would take seconds, characters. */
const MAX_LOOKED_THROUGH = 50_000;
/** A file's name and its text between fences: what a chat attaches asks for nothing. */
const attachment = /^(?:.+, lines \d+-\d+:\n)?(`{3,})[^`\n]*\n[\s\S]*?^\1$/gm;

/** What the demo provider says; Markdown. */
export function demoAnswer(question: string, facts: DemoFacts): string {
  const words = question.length > MAX_LOOKED_THROUGH ? question : question.replace(attachment, "");
  const intent = intents.find(({ pattern }) => pattern.test(words));
  return `${demoDisclaimer}\n\n${(intent?.answer ?? helpAnswer)(facts)}`;
}

function helpAnswer({ roomCode }: DemoFacts): string {
  return `I understand a few words only. This room has the code **${roomCode}**. Try:

- *Who is in this room?*
- *How do I share my own model?*
- *How do I get the OpenAI endpoint?*
- *Show me some code*, then insert it into the editor
- *Show me Markdown*
- *Give me a long answer*, then press **Stop**

With a real provider on this machine (Ollama, LM Studio, llama.cpp, vLLM, LocalAI) the demo shares its models instead of me.`;
}

function roomAnswer({ roomCode, participants }: DemoFacts): string {
  const rows = participants.map(
    ({ nickname, model, status, specs }) =>
      `| ${nickname} | \`${model}\` | ${status} | ${specs.gpu ?? specs.cpu ?? "not told"} |`,
  );
  return `Room **${roomCode}** has ${participants.length} ${participants.length === 1 ? "participant" : "participants"}:

| Nickname | Model | Status | Hardware |
| --- | --- | --- | --- |
${rows.join("\n")}

The one that answers you now is busy while it does.`;
}

function shareAnswer({ roomCode, hubUrl }: DemoFacts): string {
  return `To share a model of your own:

1. Start its provider, for example Ollama.
2. Run **LLM Rooms: Share Model** in the command palette, and pick the model.
3. Everyone in room **${roomCode}** can chat with it until you run **LLM Rooms: Stop Sharing** or close VS Code.

On a machine without VS Code:

\`\`\`sh
llm-rooms share --hub ${hubUrl} --room ${roomCode}
\`\`\``;
}

function endpointAnswer({ endpoint }: DemoFacts): string {
  return `The room is an OpenAI-compatible endpoint; **LLM Rooms: Copy OpenAI Endpoint** copies its URL.

\`\`\`sh
curl ${endpoint}/chat/completions \\
  -H 'content-type: application/json' \\
  -d '{"model": "any", "messages": [{"role": "user", "content": "Hello"}]}'
\`\`\`

\`any\` takes whoever is free; \`model:NAME\` or a participant's id chooses one.`;
}

function codeAnswer({ endpoint }: DemoFacts): string {
  return `Here is some TypeScript. The buttons on the block copy it, insert it at the cursor, or open it as a new file.

\`\`\`typescript
/** The names of the models that the room shares. */
export async function listModels(): Promise<string[]> {
  const response = await fetch("${endpoint}/models");
  const { data } = (await response.json()) as { data: { id: string; owned_by: string }[] };
  return data.map((model) => \`\${model.owned_by}: \${model.id}\`);
}
\`\`\``;
}

function markdownAnswer(): string {
  return `# Markdown

Text can be **bold**, *italic*, \`code\` or a [link](https://commonmark.org).

1. Ordered
2. lists
   - and nested ones

> Quotes stand apart.

| Column | Value |
| --- | ---: |
| one | 1 |
| two | 2 |

\`\`\`json
{ "streamed": true }
\`\`\``;
}

/** About a minute at the demo's speed: time enough to press Stop. */
const LONG_ANSWER_LINES = 120;

function longAnswer(): string {
  const lines = Array.from(
    { length: LONG_ANSWER_LINES },
    (_, index) => `${index + 1}. Press **Stop** whenever you have seen enough of this list.`,
  );
  return `A long answer. Stop ends it at the provider too, so that its GPU is free at once.\n\n${lines.join("\n")}`;
}
