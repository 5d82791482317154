import assert from "node:assert/strict";
import { eventually } from "../support/eventually";
import { useWorkbench } from "../support/useWorkbench";

describe("a workbench with the extension", () => {
  const vscode = useWorkbench(() => ({
    development: true,
    files: { "notes.txt": "first line\nsecond line\n" },
  }));

  it("shows the container in the activity bar", async () => {
    await vscode.first.activityBar("LLM Rooms");
  });

  it("opens a file of the workspace", async () => {
    await vscode.first.openFile("notes.txt");
    await eventually(async () => assert.equal(await vscode.first.editorText(), "first line\nsecond line\n"));
  });

  it("has its user's settings", async () => {
    await vscode.first.runCommand("Preferences: Open User Settings (JSON)");
    await eventually(async () => assert.match(await vscode.first.editorText(), /chat\.disableAIFeatures/));
  });

  it("comes back after a reload", async () => {
    await vscode.first.reload();
    await vscode.first.activityBar("LLM Rooms");
  });

  it("opens a second window on the same machine, and closes it", async () => {
    const second = await vscode.host.openWindow();
    await second.activityBar("LLM Rooms");
    await second.close();
    await vscode.first.activityBar("LLM Rooms");
  });
});
