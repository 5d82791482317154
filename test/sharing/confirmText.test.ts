import assert from "node:assert/strict";
import { confirmText } from "../../src/vscode/sharing/confirmText";

const llama = { endpoint: "http://localhost:11434", model: "llama3:8b", providerName: "Ollama" };
const question = {
  choices: [llama],
  nickname: "Kim",
  roomName: "Team",
  specs: { gpu: "RTX 4090", vram: 24 },
  generation: { temperature: 0.2 },
  capacity: 1,
};

describe("confirmText", () => {
  it("says what teammates can do, what they see, and what they cannot", () => {
    const { title, detail } = confirmText(question);
    assert.equal(title, "Share llama3:8b in Team?");
    assert.match(detail, /can send prompts to it/);
    assert.match(detail, /use its GPU, one request at a time/);
    assert.match(detail, /nickname \(Kim\).*RTX 4090, 24 GB VRAM.*temperature 0\.2/);
    assert.match(detail, /cannot read files/);
    assert.match(detail, /Sharing ends when/);
  });

  it("names each of several models", () => {
    const { title, detail } = confirmText({ ...question, choices: [llama, { ...llama, model: "qwen" }] });
    assert.equal(title, "Share 2 models in Team?");
    assert.match(detail, /llama3:8b, qwen/);
  });

  it("says that the hardware is withheld where it is", () => {
    const { detail } = confirmText({ ...question, specs: {}, generation: {} });
    assert.match(detail, /where the provider listens, and nothing of the hardware\./);
  });
});
