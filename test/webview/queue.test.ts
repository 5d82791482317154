import assert from "node:assert/strict";
import { answer, prompt, useChatPage } from "./chatHarness";

const queued = (position: number, estimatedWaitMs?: number) =>
  answer("", { status: { state: "waiting", position, estimatedWaitMs } });

describe("chat page: an answer in a queue", () => {
  const stage = useChatPage();
  const place = (position: number, estimatedWaitMs?: number) =>
    stage.chat.post({ type: "entry", chatId: "c1", entry: queued(position, estimatedWaitMs) });
  const spoken = () => stage.chat.page.locator("[role=status].visually-hidden").innerText();

  it("shows whom it waits for, its place, and about how long", async () => {
    const { chat } = stage;
    await chat.show([prompt, queued(2, 35_000)]);
    const progress = chat.page.locator(".progress");
    assert.equal(await progress.innerText(), "Waiting for Ana · place 2 · about 35 s");
    await place(2, 150_000);
    assert.equal(await progress.innerText(), "Waiting for Ana · place 2 · about 3 min");
    await place(1);
    assert.equal(await progress.innerText(), "Waiting for Ana · place 1");
    await chat.post({ type: "entry", chatId: "c1", entry: answer("", { status: { state: "waiting" } }) });
    assert.equal(await progress.innerText(), "Waiting for Ana");
    assert.equal(await chat.page.getByRole("button", { name: "Ask Another Participant" }).count(), 0);
  });

  it("is said to a screen reader when it begins and when it is next, not at each change", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("", { status: { state: "waiting" } })]);
    await place(4, 60_000);
    assert.equal(await spoken(), "Waiting for Ana · place 4 · about 60 s");
    await place(3, 45_000);
    await place(2, 30_000);
    assert.match(await spoken(), /place 4/);
    await place(1, 15_000);
    assert.equal(await spoken(), "Waiting for Ana · place 1 · about 15 s");
    await place(1, 10_000);
    assert.match(await spoken(), /about 15 s/);
  });

  it("can be stopped, or given up for another participant, from the keyboard", async () => {
    const { chat } = stage;
    await chat.show([prompt, queued(3)]);
    await place(2);
    const another = chat.page.getByRole("button", { name: "Ask Another Participant" });
    await another.focus();
    await place(1);
    assert.ok(await another.evaluate((node) => node === document.activeElement), "its focus stays");
    await chat.page.keyboard.press("Enter");
    assert.deepEqual(await chat.heard("askAnother"), { type: "askAnother" });
    await chat.page.keyboard.press("Escape");
    assert.deepEqual(await chat.heard("stop"), { type: "stop" });
  });
});
