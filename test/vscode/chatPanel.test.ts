import assert from "node:assert/strict";
import * as vscode from "vscode";
import { eventually } from "../support/eventually";
import { activeExtension } from "../support/extensionHost";

/** VS Code puts something of its own before the view type. */
function chatTabs(): vscode.Tab[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter(
    ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith("llmRooms.chat"),
  );
}

describe("the chat's tab", () => {
  before(() => activeExtension());
  afterEach(() =>
    // One by one and reverted: a file with changes would be asked about.
    eventually(async () => {
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
      return vscode.window.tabGroups.all.every(({ tabs }) => tabs.length === 0);
    }),
  );

  it("opens once, however often it is asked for", async () => {
    await vscode.commands.executeCommand("llmRooms.openChat");
    await eventually(() => chatTabs().length === 1);
    await vscode.commands.executeCommand("llmRooms.openChat");
    await vscode.commands.executeCommand("llmRooms.openChat");
    assert.equal(chatTabs().length, 1);
  });

  it("opens beside the code, which stays in sight", async () => {
    const document = await vscode.workspace.openTextDocument({ content: "code" });
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand("llmRooms.openChat");
    await eventually(() => chatTabs().length === 1);
    assert.ok(vscode.window.visibleTextEditors.some((editor) => editor.document === document));
  });

  it("opens again after it was closed", async () => {
    await vscode.commands.executeCommand("llmRooms.openChat");
    await eventually(() => chatTabs().length === 1);
    await vscode.window.tabGroups.close(chatTabs());
    await eventually(() => chatTabs().length === 0);
    await vscode.commands.executeCommand("llmRooms.openChat");
    await eventually(() => chatTabs().length === 1);
  });

  it("opens with what is selected, attached", async () => {
    const document = await vscode.workspace.openTextDocument({ content: "code" });
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand("llmRooms.attachSelection");
    await eventually(() => chatTabs().length === 1);
  });
});
