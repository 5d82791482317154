import assert from "node:assert/strict";
import * as vscode from "vscode";

describe("the extension inside VS Code", () => {
  const extension = vscode.extensions.getExtension("llm-rooms.llm-rooms");

  it("activates", async () => {
    assert.ok(extension, "VS Code does not know the extension");
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it("registers every command that package.json contributes", async () => {
    const declared: { command: string }[] = extension?.packageJSON.contributes?.commands ?? [];
    assert.ok(declared.length > 0);
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = declared.map(({ command }) => command).filter((command) => !registered.has(command));
    assert.deepEqual(missing, []);
  });
});
