import assert from "node:assert/strict";
import MarkdownIt from "markdown-it";
import { type ParticipantTooltipInput, participantTooltip } from "../../src/vscode/views/participantTooltip";
import { participantCard } from "../support/participantCard";

const now = 1_000_000_000;

function tooltip(fields: Partial<ParticipantTooltipInput>): string {
  return participantTooltip({
    participant: participantCard({ lastSeen: now - 4_000 }),
    mine: false,
    statusSince: now - 5 * 60_000,
    metrics: undefined,
    stale: false,
    now,
    ...fields,
  });
}

describe("participantTooltip", () => {
  it("is a table of all that is known", () => {
    const participant = participantCard({
      lastSeen: now - 4_000,
      specs: { gpu: "RTX 4090", vram: 24, cpu: "Ryzen 9", ram: 63.9 },
      config: { temperature: 0.7, stop: ["END"], hasInstructions: true },
    });
    const text = tooltip({
      participant,
      metrics: { ttftMs: 420, durationMs: 2_000, tokensPerSecond: 51.26 },
    });
    const plain = text.replaceAll("\\", "");
    for (const row of [
      "| Model | llama3:8b |",
      "| Status | online for 5 min |",
      "| GPU | RTX 4090 |",
      "| VRAM | 24 GB |",
      "| CPU | Ryzen 9 |",
      "| RAM | 63.9 GB |",
      "| Defaults | temperature 0.7, stop “END”, own instructions |",
      "| Speed | 51.3 tokens/s, first token after 0.4 s |",
      "| Last seen | now |",
    ]) {
      assert.ok(plain.includes(row), `${row} is missing in\n${plain}`);
    }
  });

  it("says when somebody was last seen who is not there, or of whom nothing is heard", () => {
    const gone = participantCard({ status: "offline", lastSeen: now - 90_000 });
    assert.match(tooltip({ participant: gone }), /\| Last seen \| 1 min ago \|/);
    const stale = participantCard({ lastSeen: now - 4_000 });
    assert.match(tooltip({ participant: stale, stale: true }), /\| Last seen \| 4 s ago \|/);
  });

  it("leaves out what is not known", () => {
    const text = tooltip({ statusSince: undefined });
    assert.doesNotMatch(text, /GPU|VRAM|CPU|RAM|Defaults|Speed|undefined/);
    assert.match(text, /\| Status \| online \|/);
  });

  it("shows no speed that nobody measured", () => {
    const text = tooltip({ metrics: { ttftMs: 1_500, durationMs: 2_000 } });
    assert.match(text, /\| Speed \| first token after 1\.5 s \|/);
  });

  it("does not say since when while the hub is lost", () => {
    assert.match(tooltip({ stale: true }), /\| Status \| online when the hub was last heard \|/);
  });

  it("never shows where the provider listens", () => {
    const participant = participantCard({ endpoint: "http://192.168.7.7:11434" });
    assert.doesNotMatch(tooltip({ participant }), /192|11434/);
  });

  it("stays one table with two columns whatever strangers write", () => {
    const nasty = "x|y\n| z | **b** <b>c</b> [l](command:evil) ![i](https://e/i.png)";
    const participant = participantCard({
      nickname: nasty,
      model: nasty,
      specs: { gpu: nasty, cpu: nasty },
      config: { stop: [nasty], hasInstructions: false },
    });
    const html = new MarkdownIt({ html: true, linkify: true }).render(tooltip({ participant }));
    assert.doesNotMatch(html, /<(img|a|b|code)\b/);
    assert.equal(html.match(/<table>/g)?.length, 1);
    const rows = html.split("<tr>").slice(1);
    for (const row of rows) assert.equal(row.match(/<t[dh]/g)?.length, 2, row);
  });
});
