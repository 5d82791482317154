import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../common/disposable";
import { HumanError } from "../../common/humanError";
import { type Attachment, MAX_ATTACHMENT_CHARS } from "../../protocol/panel";
import { languageIdOf } from "./languageIds";

interface LastEditor {
  readonly editor: vscode.TextEditor;
  /** Kept apart: an editor that is hidden behind another tab does not tell its column any more. */
  readonly viewColumn: vscode.ViewColumn | undefined;
}

/**
 * The editor that the user last worked in: with the chat panel focused there is no active text editor, and that one is
 * meant by "insert at cursor" and "attach selection".
 */
export class EditorAccess implements Disposable {
  readonly #owned = new DisposableStore();
  #last: LastEditor | undefined;

  constructor() {
    this.#remember(vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors.find(isUsable));
    this.#owned.add(vscode.window.onDidChangeActiveTextEditor((editor) => this.#remember(editor)));
  }

  /** The selection, or the whole file where nothing is selected. @throws HumanError where there is none, or too much. */
  attachment(id: string): Attachment {
    const editor = this.#current()?.editor;
    if (!editor) throw refusal("No editor is open.", "Open the file that you want to attach from.");
    const { document, selection } = editor;
    const text = document.getText(selection.isEmpty ? undefined : selection);
    if (text.trim() === "") throw refusal("There is nothing to attach.", "Select some text first.");
    if (text.length > MAX_ATTACHMENT_CHARS) {
      const limit = MAX_ATTACHMENT_CHARS.toLocaleString("en");
      throw refusal(`That is more than ${limit} characters.`, "Select a smaller part of the file.");
    }
    const whole = new vscode.Range(
      0,
      0,
      document.lineCount - 1,
      document.lineAt(document.lineCount - 1).text.length,
    );
    const { startLine, endLine } = coveredLines(selection.isEmpty ? whole : selection);
    const path = vscode.workspace.asRelativePath(document.uri);
    return { id, path, languageId: document.languageId, startLine, endLine, text };
  }

  /** Replaces the selection or inserts at the cursor, as one step of undo. Returns what was done, for a person. */
  async insert(text: string, language: string): Promise<string> {
    const last = this.#current();
    if (!last) {
      await this.newFile(text, language);
      return "No editor was open, so the code is in a new file.";
    }
    const shown = await vscode.window.showTextDocument(last.editor.document, {
      viewColumn: last.viewColumn,
      selection: last.editor.selection,
    });
    const done = await shown.edit((edit) => edit.replace(shown.selection, withOwnLines(text, shown)));
    if (!done) throw refusal("The editor did not take the code.", "Is the file read-only?");
    return `Inserted into ${vscode.workspace.asRelativePath(shown.document.uri)}.`;
  }

  async newFile(content: string, language: string): Promise<void> {
    const languageId = languageIdOf(language, await vscode.languages.getLanguages());
    const document = await vscode.workspace.openTextDocument({ content, language: languageId });
    await vscode.window.showTextDocument(document, {
      viewColumn: this.#current()?.viewColumn,
      preview: false,
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #remember(editor: vscode.TextEditor | undefined): void {
    if (editor && isUsable(editor)) this.#last = { editor, viewColumn: editor.viewColumn };
  }

  /** Undefined once its tab is closed: nobody expects a closed file to come back. */
  #current(): LastEditor | undefined {
    // One that came to be while the chat took the focus was never the active one.
    if (!this.#last) this.#remember(vscode.window.visibleTextEditors.find(isUsable));
    if (!this.#last || !hasTab(this.#last.editor.document.uri)) return undefined;
    const uri = this.#last.editor.document.uri.toString();
    // Shown again after it was hidden, a document has a new editor object with the true selection.
    const visible = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri);
    return visible ? { editor: visible, viewColumn: visible.viewColumn } : this.#last;
  }
}

function hasTab(uri: vscode.Uri): boolean {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.some(({ input }) => {
    if (input instanceof vscode.TabInputText) return input.uri.toString() === uri.toString();
    if (input instanceof vscode.TabInputNotebook) return hasCell(input.uri, uri);
    return input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri.toString();
  });
}

/** Each cell of a notebook is a document of its own. */
function hasCell(notebookUri: vscode.Uri, uri: vscode.Uri): boolean {
  const notebook = vscode.workspace.notebookDocuments.find((each) => `${each.uri}` === `${notebookUri}`);
  return notebook?.getCells().some(({ document }) => `${document.uri}` === `${uri}`) ?? false;
}

/** Several lines put before what a line already holds end with a line break of their own. */
function withOwnLines(text: string, { document, selection: { start, end } }: vscode.TextEditor): string {
  const rest = document.lineAt(end.line).text.slice(end.character);
  const splitsLine = start.character === 0 && rest.trim() !== "" && /\n/.test(text) && !text.endsWith("\n");
  return splitsLine ? `${text}\n` : text;
}

/** Output channels and the like are text editors as well; nobody means them. */
function isUsable(editor: vscode.TextEditor): boolean {
  const { scheme } = editor.document.uri;
  return scheme !== "output" && scheme !== "debug";
}

/** One-based; a range that ends before a line's first character does not hold that line. */
function coveredLines({ start, end }: vscode.Range): { startLine: number; endLine: number } {
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return { startLine: start.line + 1, endLine: last + 1 };
}

function refusal(message: string, hint: string): HumanError {
  return new HumanError("INVALID_INPUT", message, hint);
}
