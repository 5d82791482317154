import assert from "node:assert/strict";
import type { Frame } from "playwright-core";
import { eventually } from "./eventually";
import type { Workbench } from "./workbench";

/** What a person does again and again in a window with the extension. */

/** Waits until the Participants view shows these rows, each as `label: description`. */
export async function participantsBecome(
  window: Workbench,
  expected: readonly (string | RegExp)[],
): Promise<void> {
  await eventually(async () => {
    const rows = (await window.treeRows("Participants")).map(
      ({ label, description }) => `${label}: ${description}`,
    );
    const fits = expected.map((each, at) =>
      typeof each === "string" ? rows[at] === each : each.test(rows[at] ?? ""),
    );
    assert.ok(rows.length === expected.length && fits.every(Boolean), `rows: ${rows.join(" | ")}`);
  });
}

/** What a screen reader says of one participant's row. */
export async function saysOf(window: Workbench, text: string, pattern: RegExp): Promise<void> {
  await eventually(async () => {
    const rows = await window.treeRows("Participants");
    const row = rows.find(({ ariaLabel }) => ariaLabel.includes(text));
    assert.match(row?.ariaLabel ?? "", pattern);
  });
}

/** Share Model up to the confirmation, which stays open: a provider by its URL, one of its models. */
export async function chooseModel(
  window: Workbench,
  { url, model }: { url: string; model: string },
): Promise<void> {
  await window.runCommand("LLM Rooms: Share Model");
  await window.pick("Other URL");
  await window.answer(url, "OpenAI-compatible");
  await tickAndAccept(window, model);
}

/** Ticks a model in the list of those that a provider offers, and accepts. */
export async function tickAndAccept(window: Workbench, model: string): Promise<void> {
  await window.page.locator(".quick-input-widget", { hasText: "0 Selected" }).waitFor();
  await window.pick(model);
  await window.page.locator(".quick-input-widget", { hasText: "1 Selected" }).waitFor();
  await window.page.keyboard.press("Enter");
  await window.page.locator(".monaco-dialog-box").waitFor();
}

/** The chat panel's page. */
export function chatPage(window: Workbench): Promise<Frame> {
  return window.webviewFrame("textarea.composer-input");
}

/** Opens the chat with a participant by the action of its row, and asks. */
export async function askParticipant(window: Workbench, nickname: string, prompt: string): Promise<Frame> {
  await window.inlineAction(window.treeRow("Participants", nickname), "Chat with Participant");
  const page = await chatPage(window);
  await page.getByRole("combobox", { name: nickname }).waitFor();
  await page.getByRole("textbox", { name: "Prompt" }).fill(prompt);
  await page.getByRole("textbox", { name: "Prompt" }).press("Enter");
  return page;
}
