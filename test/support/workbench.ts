import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Frame, Locator, Page } from "playwright-core";
import { eventually } from "./eventually";

/** A busy machine with two cores takes half a minute to bring a page back; nothing waits this long where things work. */
const ACTION_TIMEOUT_MS = 60_000;
/** To show a container that is loaded. */
const SHOW_TIMEOUT_MS = 3_000;
/** For a step in the palette, which may be closed by what takes the focus, ms. */
const PALETTE_TIMEOUT_MS = 10_000;
const WORKBENCH_TIMEOUT_MS = 90_000;
/** Wide enough for side bar and editor, small enough for a README. */
export const WINDOW_SIZE = { width: 1280, height: 800 };

export interface TreeRow {
  label: string;
  description: string;
  level: number;
  ariaLabel: string;
}

/** A window of VS Code, driven as a person drives it: what is seen is clicked, and keys are pressed. */
export class Workbench {
  readonly page: Page;
  readonly #url: string;
  readonly #pictures: string;
  #hovers = 0;

  constructor(page: Page, url: string, pictures: string) {
    this.page = page;
    this.#url = url;
    this.#pictures = pictures;
    page.setDefaultTimeout(ACTION_TIMEOUT_MS);
  }

  /** Opens the window's address and waits until it can be worked with. */
  async open(): Promise<this> {
    await this.page.goto(this.#url, { timeout: WORKBENCH_TIMEOUT_MS });
    await this.#ready();
    return this;
  }

  /** Reload Window, as after an update: the extension host goes and comes back. */
  async reload(): Promise<void> {
    // Not the browser's own: VS Code writes down what its extensions remember before it goes.
    const loaded = this.page.waitForEvent("load", { timeout: WORKBENCH_TIMEOUT_MS });
    await this.runCommand("Developer: Reload Window");
    await loaded;
    await this.#ready();
  }

  /** Before the windows that cover it: there everything is drawn late. */
  async toFront(): Promise<void> {
    await this.page.bringToFront();
  }

  /** Closes the window as a person does, so that VS Code says farewell to its extensions. */
  async close(): Promise<void> {
    await this.page.close({ runBeforeUnload: false });
  }

  /** Runs a command by its title in the palette, `LLM Rooms: Join Room` for one. */
  async runCommand(title: string): Promise<void> {
    await this.#inPalette(title, (entry) => entry.click({ timeout: PALETTE_TIMEOUT_MS }));
  }

  /** The titles that the palette offers for a text: which commands can be used now. */
  async commandsFor(text: string): Promise<string[]> {
    const titles = await this.#inPalette(text, () => this.quickPickRows());
    await this.page.keyboard.press("Escape");
    return titles.filter((title) => title.toLowerCase().includes(text.toLowerCase()));
  }

  /** Shows a container of the activity bar (role tab, titled as the container). */
  async activityBar(title: string): Promise<void> {
    const tab = this.page.locator(".activitybar").getByRole("tab", { name: title });
    await tab.waitFor();
    const shown = this.page.locator(".sidebar .composite.title", { hasText: new RegExp(title, "i") });
    // A window that is being restored may show it by itself: a click at that moment hides it again.
    await eventually(
      async () => {
        if (await shown.isVisible()) return;
        await tab.click();
        await shown.waitFor({ timeout: SHOW_TIMEOUT_MS });
      },
      { timeoutMs: ACTION_TIMEOUT_MS },
    );
  }

  /** The badge on a container of the activity bar, "" where there is none. */
  async badge(title: string): Promise<string> {
    const tab = this.page.locator(".activitybar").getByRole("tab", { name: title });
    return (await tab.locator(".badge-content").allTextContents()).join("");
  }

  /** The pane of one view in the side bar, by its title. */
  view(title: string): Locator {
    return this.page.locator(".sidebar .pane", {
      has: this.page.locator(".pane-header", { hasText: new RegExp(title, "i") }),
    });
  }

  /** What the rows of a view say, from top to bottom. */
  async treeRows(view: string): Promise<TreeRow[]> {
    return this.view(view)
      .locator(".monaco-list-row[role=treeitem]")
      .evaluateAll((rows) =>
        rows
          .map((row) => ({
            index: Number(row.getAttribute("data-index")),
            label: row.querySelector(".label-name")?.textContent ?? "",
            description: row.querySelector(".label-description")?.textContent ?? "",
            level: Number(row.getAttribute("aria-level")),
            ariaLabel: row.getAttribute("aria-label") ?? "",
          }))
          .sort((one, other) => one.index - other.index)
          .map(({ index: _index, ...row }) => row),
      );
  }

  /** The row of a view that holds a text. */
  treeRow(view: string, text: string): Locator {
    return this.view(view).locator(".monaco-list-row[role=treeitem]", { hasText: text }).first();
  }

  /** The text of the hover that appears over something. */
  async tooltip(target: Locator): Promise<string> {
    // Away first: a pointer that already rests there causes no hover.
    await this.page.mouse.move(WINDOW_SIZE.width / 2, WINDOW_SIZE.height / 2);
    const hover = this.page.locator(".workbench-hover-container .monaco-hover").last();
    // A row that is drawn anew under the pointer loses its hover: a person moves the pointer a little.
    return eventually(
      async () => {
        await target.hover({ position: { x: 20 + (this.#hovers++ % 5), y: 5 } });
        await hover.waitFor({ timeout: SHOW_TIMEOUT_MS });
        const text = await hover.innerText();
        // The extension is asked for it only now.
        if (/^\s*(Loading.*)?$/.test(text)) throw new Error("The hover says nothing yet.");
        return text;
      },
      { timeoutMs: ACTION_TIMEOUT_MS },
    );
  }

  /** Clicks an inline action of a row (it appears under the pointer), by its title. */
  async inlineAction(row: Locator, title: string): Promise<void> {
    await row.hover();
    await row.getByRole("button", { name: title }).click();
  }

  /** Opens a row's context menu and takes an entry. */
  async contextMenu(row: Locator, entry: string): Promise<void> {
    await row.click({ button: "right" });
    const item = this.page.locator(".monaco-menu-container .action-item", { hasText: entry }).first();
    await item.hover();
    // By the key: for its first 100 ms a menu takes no click, so that the one that opened it does not choose.
    await this.page.keyboard.press("Enter");
    await item.waitFor({ state: "hidden" });
  }

  /** The welcome content of an empty view: its text. */
  async welcome(view: string): Promise<string> {
    return (await this.view(view).locator(".welcome-view-content").allInnerTexts()).join("\n");
  }

  /** The text field of the quick input (palette, quick pick, input box). */
  quickInput(): Locator {
    return this.page.locator(".quick-input-widget .quick-input-box input");
  }

  /** Types into the quick input and accepts; `placeholder` (a part of what is asked) makes sure that it is the right one. */
  async answer(text: string, asked?: string): Promise<void> {
    if (asked) await this.page.locator(".quick-input-widget", { has: this.#asking(asked) }).waitFor();
    await this.quickInput().fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Takes the row of a quick pick that holds a text. */
  async pick(text: string): Promise<void> {
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first().click();
  }

  /** What the quick pick on screen offers: label, description and detail of each row. */
  async quickPickRows(): Promise<string[]> {
    const rows = this.page.locator(".quick-input-widget:visible .quick-input-list .monaco-list-row");
    return rows.evaluateAll((all) =>
      all.map((row) => {
        const parts = [".label-name", ".label-description", ".quick-input-list-label-meta"];
        const texts = parts.map((part) => row.querySelector(part)?.textContent ?? "");
        return texts.filter(Boolean).join(" ");
      }),
    );
  }

  /** What the quick input says besides its field: title, prompt, or what is wrong with the answer. */
  async question(): Promise<string> {
    const texts = this.page
      .locator(".quick-input-widget:visible")
      .locator(".quick-input-title, .quick-input-message");
    return (await texts.allInnerTexts()).filter(Boolean).join("\n");
  }

  /** The text and the accessible name of a status bar item that holds a text. */
  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator(".statusbar .statusbar-item", { hasText: text });
  }

  /** What the whole status bar says. */
  async statusBar(): Promise<string> {
    return (await this.page.locator(".statusbar .statusbar-item").allInnerTexts()).join(" | ");
  }

  /** The notifications on screen. */
  async notifications(): Promise<string[]> {
    const items = await this.page.locator(".notification-list-item").allInnerTexts();
    return items.map((text) => text.replaceAll(/\s*\n\s*/g, " ").trim());
  }

  /** Opens the list of notifications: under the driver that loads an extension under development, none pops up. */
  async openNotifications(): Promise<void> {
    await this.runCommand("Notifications: Show Notifications");
  }

  /** Presses a button of a notification or of a modal dialog. */
  async press(button: string): Promise<void> {
    const places = this.page.locator(".notification-list-item, .monaco-dialog-box");
    await places.getByRole("button", { name: button, exact: true }).first().click();
  }

  /** The text of the modal dialog on screen. */
  async dialog(): Promise<string> {
    return this.page.locator(".monaco-dialog-box").innerText();
  }

  /** The page inside the webview whose document has something, `"textarea"` for one. */
  async webviewFrame(selectorInside: string): Promise<Frame> {
    return eventually(
      async () => {
        for (const frame of this.page.frames()) {
          // A frame may go while it is asked, which is no error: the next round finds its successor.
          const count = await frame
            .locator(selectorInside)
            .count()
            .catch(() => 0);
          if (frame.parentFrame() && count > 0) return frame;
        }
        throw new Error(`no webview with ${selectorInside}`);
      },
      { timeoutMs: ACTION_TIMEOUT_MS },
    );
  }

  /** Opens a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press("ControlOrMeta+p");
    await this.quickInput().fill(name);
    await this.pick(name);
    await this.page.locator(".tabs-container .tab.active", { hasText: name }).waitFor();
    // The tab is there before what is in it.
    await this.page.locator(".editor-group-container.active .editor-instance .view-line").first().waitFor();
  }

  /** The text on screen of the active text editor. */
  async editorText(): Promise<string> {
    // The lines are in the document in the order in which they were drawn.
    const lines = await this.page
      .locator(".editor-group-container.active .editor-instance .view-line")
      .evaluateAll((drawn) =>
        drawn
          .map((line) => ({
            top: Number(/top: ?(\d+)/.exec(line.getAttribute("style") ?? "")?.[1]),
            text: line.textContent ?? "",
          }))
          .sort((one, other) => one.top - other.top)
          .map(({ text }) => text),
      );
    return lines.join("\n").replaceAll("\u00a0", " ");
  }

  /** A picture of the whole window; resolves to its file. */
  async screenshot(name: string): Promise<string> {
    await mkdir(this.#pictures, { recursive: true });
    const path = join(this.#pictures, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  /** Types into the palette, and acts on the first entry that it offers for that. */
  async #inPalette<T>(text: string, act: (entry: Locator) => Promise<T>): Promise<Exclude<T, false>> {
    const entry = this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
    const timeout = PALETTE_TIMEOUT_MS;
    // Whatever opens takes the focus when it is ready, a webview late: the palette closes, and a person opens it once more.
    return eventually(
      async () => {
        await this.page.keyboard.press("F1");
        await this.quickInput().fill(`>${text}`, { timeout });
        await entry.waitFor({ timeout });
        return act(entry);
      },
      { timeoutMs: ACTION_TIMEOUT_MS },
    );
  }

  #asking(text: string): Locator {
    return this.page.locator(
      `.quick-input-message:has-text(${JSON.stringify(text)}), .quick-input-title:has-text(${JSON.stringify(text)}), input[placeholder*=${JSON.stringify(text)}]`,
    );
  }

  async #ready(): Promise<void> {
    await this.page
      .locator(".monaco-workbench .statusbar-item")
      .first()
      .waitFor({ timeout: WORKBENCH_TIMEOUT_MS });
    await this.page.locator(".activitybar .action-item").first().waitFor({ timeout: WORKBENCH_TIMEOUT_MS });
  }
}
