import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { MAX_ATTACHMENT_CHARS } from "../../src/protocol/panel";
import { EditorAccess } from "../../src/vscode/chat/editorAccess";
import { eventually } from "../support/eventually";

/** One by one and reverted: a file with changes would be asked about. */
async function closeAll(): Promise<void> {
  await eventually(async () => {
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    return vscode.window.tabGroups.all.every(({ tabs }) => tabs.length === 0);
  });
}

/** A file of its own each time: an untitled one would take the name of the last, which may not be gone yet. */
async function openText(content: string, name = "typescript.ts"): Promise<vscode.TextEditor> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  assert.ok(folder, "the tests run in a workspace");
  const uri = vscode.Uri.joinPath(folder, `${randomUUID()}-${name}`);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(content));
  return vscode.window.showTextDocument(uri, { preview: false });
}

/** Something that is no text editor takes the focus, as the chat's own tab does. */
function openOtherTab(column: vscode.ViewColumn): vscode.WebviewPanel {
  return vscode.window.createWebviewPanel("llmRooms.test", "Other", column);
}

describe("the chat's hands in the editors", () => {
  let editors: EditorAccess;
  let other: vscode.WebviewPanel | undefined;

  beforeEach(async () => {
    await closeAll();
    editors = new EditorAccess();
  });
  afterEach(async () => {
    editors.dispose();
    other?.dispose();
    other = undefined;
    await closeAll();
  });

  it("inserts at the cursor of the editor that was last worked in, as one step of undo", async () => {
    const editor = await openText("one\ntwo\n");
    editor.selection = new vscode.Selection(1, 0, 1, 3);
    other = openOtherTab(vscode.ViewColumn.Beside);
    await eventually(() => vscode.window.activeTextEditor === undefined);
    await editors.insert("TWO\nTHREE", "ts");
    assert.equal(editor.document.getText(), "one\nTWO\nTHREE\n");
    await vscode.commands.executeCommand("undo");
    // The window has undone it; the extension host hears of it a moment later.
    await eventually(() => assert.equal(editor.document.getText(), "one\ntwo\n"));
  });

  it("ends a block with a line break of its own where it goes before other text", async () => {
    const editor = await openText("one\n");
    editor.selection = new vscode.Selection(0, 0, 0, 0);
    await editors.insert("a\nb", "ts");
    assert.equal(editor.document.getText(), "a\nb\none\n");
  });

  it("brings an editor back that is hidden behind another tab, at its cursor", async () => {
    const editor = await openText("one\n");
    editor.selection = new vscode.Selection(0, 3, 0, 3);
    other = openOtherTab(vscode.ViewColumn.Active);
    await eventually(() => vscode.window.visibleTextEditors.length === 0);
    await editors.insert("!", "ts");
    assert.equal(vscode.window.activeTextEditor?.document.getText(), "one!\n");
  });

  it("makes a new file of the code's language where no editor is open, and says so", async () => {
    const said = await editors.insert("print(1)", "py");
    assert.match(said, /new file/);
    assert.equal(vscode.window.activeTextEditor?.document.getText(), "print(1)");
    assert.equal(vscode.window.activeTextEditor?.document.languageId, "python");
    assert.equal(vscode.window.activeTextEditor?.document.isUntitled, true);
  });

  it("does not bring back a file whose tab was closed", async () => {
    await openText("");
    await closeAll();
    assert.match(await editors.insert("x", ""), /new file/);
  });

  it("attaches the selection with its place", async () => {
    const editor = await openText("one\ntwo\nthree\nfour\n");
    editor.selection = new vscode.Selection(1, 0, 3, 0);
    const { text, startLine, endLine, languageId } = editors.attachment("a");
    assert.deepEqual(
      { text, startLine, endLine, languageId },
      {
        text: "two\nthree\n",
        startLine: 2,
        endLine: 3,
        languageId: "typescript",
      },
    );
  });

  it("attaches the whole file where nothing is selected", async () => {
    await openText("one\ntwo\n");
    const { text, startLine, endLine } = editors.attachment("a");
    assert.deepEqual([text, startLine, endLine], ["one\ntwo\n", 1, 2]);
  });

  it("attaches from a notebook's cell, and inserts into it", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail("no folder");
    const uri = vscode.Uri.joinPath(folder, `${randomUUID()}.ipynb`);
    const cell = {
      cell_type: "code",
      metadata: {},
      outputs: [],
      execution_count: null,
      source: ["one\n", "two"],
    };
    const book = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
    await vscode.workspace.fs.writeFile(uri, Buffer.from(JSON.stringify(book)));
    await vscode.window.showNotebookDocument(await vscode.workspace.openNotebookDocument(uri));
    await eventually(async () => {
      await vscode.commands.executeCommand("notebook.cell.edit");
      return vscode.window.activeTextEditor?.document.uri.scheme === "vscode-notebook-cell";
    });
    const { text, path } = editors.attachment("a");
    assert.equal(text, "one\ntwo");
    assert.match(path, /ipynb$/);
    const document = vscode.window.activeTextEditor?.document;
    await editors.insert("zero\n", "py");
    assert.match(document?.getText() ?? "", /zero/);
    assert.equal(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).length, 1);
  });

  it("refuses to attach nothing, emptiness, or too much, and says what to do", async () => {
    assert.throws(() => editors.attachment("a"), { name: "HumanError", message: /No editor/ });
    await openText("  \n");
    assert.throws(() => editors.attachment("a"), { name: "HumanError", message: /nothing to attach/ });
    await openText("x".repeat(MAX_ATTACHMENT_CHARS + 1), "plain.txt");
    assert.throws(() => editors.attachment("a"), { name: "HumanError", message: /100,000/ });
  });
});
