import assert from "node:assert/strict";
import type { TargetOption } from "../../src/protocol/panel";
import { targetItem } from "../../src/vscode/chat/targetItem";

const ana: TargetOption = {
  selector: "ana",
  kind: "participant",
  label: "Ana",
  model: "llama3:8b",
  status: "online",
  detail: "RTX 4090 24 GB",
  isMine: false,
};
const line = (option: TargetOption) => {
  const { label, description } = targetItem(option);
  return `${label} | ${description}`;
};

describe("a line of those who can be asked", () => {
  it("says who, on which model, and whether it is free", () => {
    assert.equal(line(ana), "$(pass) Ana | llama3:8b · online");
    assert.equal(line({ ...ana, isMine: true, status: "busy" }), "$(sync) Ana (you) | llama3:8b · busy");
    const any = { ...ana, kind: "any", label: "Any free participant", detail: "1 of 3 free" } as const;
    assert.equal(line(any), "$(pass) Any free participant | 1 of 3 free");
  });

  it("draws no icon that a nickname or a model asks for, and cannot be rewritten by one", () => {
    const posing = { ...ana, label: "Ana $(verified)\u202e\n", model: "$(pass) gpt" };
    assert.equal(line(posing), "$(pass) Ana \\$(verified) | \\$(pass) gpt · online");
  });
});
