import assert from "node:assert/strict";
import { eventually } from "../support/eventually";
import { answer, prompt, room, snapshot, targets, useChatPage } from "./chatHarness";

const streaming = answer("Hello", { status: { state: "streaming" } });

describe("chat page: composer", () => {
  const stage = useChatPage();
  const input = () => stage.chat.page.getByRole("textbox", { name: "Prompt" });

  it("sends with Enter what was typed, and empties only when the host says so", async () => {
    const { chat } = stage;
    await chat.show([]);
    await chat.post({ type: "focus" });
    await chat.page.keyboard.type("first");
    await chat.page.keyboard.press("Shift+Enter");
    await chat.page.keyboard.type("second");
    await chat.page.keyboard.press("Enter");
    assert.deepEqual(await chat.heard("send"), { type: "send", text: "first\nsecond" });
    assert.equal(await input().inputValue(), "first\nsecond");
    await chat.post({ type: "draft", draft: { revision: 2, text: "", attachments: [] } });
    assert.equal(await input().inputValue(), "");
  });

  it("loses nothing of what is typed and sent before the host has told of room and draft", async () => {
    const { chat } = stage;
    await input().fill("quick");
    await input().press("Enter");
    await chat.show([]);
    assert.deepEqual(await chat.heard("send"), { type: "send", text: "quick" });
    assert.deepEqual(await chat.heard("draft"), { type: "draft", text: "quick" });
    assert.equal(await input().inputValue(), "quick");
  });

  it("keeps what is typed before the host has told of a draft behind that", async () => {
    const { chat } = stage;
    await input().fill("and this");
    await chat.show([], { chat: { draft: { revision: 3, text: "First that, ", attachments: [] } } });
    assert.equal(await input().inputValue(), "First that, and this");
  });

  it("grows with its text up to a limit", async () => {
    const { chat } = stage;
    await chat.show([]);
    const height = async () => (await input().boundingBox())?.height ?? 0;
    const empty = await height();
    await input().fill("one\ntwo\nthree");
    const three = await height();
    assert.ok(three > empty * 2, `${empty} to ${three}`);
    await input().fill("line\n".repeat(200));
    assert.ok((await height()) < 700 / 2);
    await input().fill("");
    assert.equal(await height(), empty);
  });

  it("leaves Enter to an input method that composes", async () => {
    const { chat } = stage;
    await chat.show([]);
    await input().fill("にほん");
    for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
      await input().dispatchEvent("keydown", { key: "Enter", bubbles: true, ...init });
    }
    await chat.page.keyboard.press("Tab");
    assert.equal(chat.said.filter(({ type }) => type === "send").length, 0);
  });

  it("does not send what is empty or where there is no room", async () => {
    const { chat } = stage;
    await chat.show([], { room: { state: "left" } });
    await input().fill("   ");
    await input().press("Enter");
    assert.equal(await chat.page.getByRole("button", { name: "Send" }).isDisabled(), true);
    assert.equal(chat.said.filter(({ type }) => type === "send").length, 0);
  });

  it("tells the host the draft as it is typed, and keeps the typing where the host's answer is older", async () => {
    const { chat } = stage;
    await chat.show([]);
    await input().pressSequentially("hello");
    await eventually(() => chat.said.findLast((message) => message.type === "draft")?.text === "hello");
    const attachments = [{ id: "a1", path: "src/a.ts", languageId: "ts", startLine: 3, endLine: 9 }];
    await chat.post({ type: "draft", draft: { revision: 1, text: "hel", attachments } });
    assert.equal(await input().inputValue(), "hello");
    await chat.page.locator(".chip", { hasText: "a.ts:3-9" }).waitFor();
    await chat.page.getByRole("button", { name: "Remove a.ts:3-9" }).click();
    assert.deepEqual(await chat.heard("removeAttachment"), { type: "removeAttachment", id: "a1" });
  });

  it("restores the draft that the host kept", async () => {
    const { chat } = stage;
    await chat.show([], { chat: { draft: { revision: 4, text: "kept\nfor you", attachments: [] } } });
    assert.equal(await input().inputValue(), "kept\nfor you");
  });

  it("says where a prompt is too long, and neither sends nor cuts it", async () => {
    const { chat } = stage;
    await chat.show([]);
    await input().fill("x".repeat(1_001));
    await input().press("Enter");
    await chat.page
      .locator(".notice.is-error", { hasText: "1,001 characters; a prompt takes 1,000" })
      .waitFor();
    assert.equal(await chat.page.getByRole("button", { name: "Send" }).isDisabled(), true);
    await input().fill("short");
    assert.equal(await chat.page.locator(".notice").innerText(), "");
    assert.equal(chat.said.filter(({ type }) => type === "send").length, 0);
  });

  it("stops with Escape and with its button, which is there only while an answer streams", async () => {
    const { chat } = stage;
    await chat.show([prompt, streaming]);
    assert.equal(await chat.page.getByRole("button", { name: "Send" }).isVisible(), false);
    await chat.page.getByRole("button", { name: "Stop" }).click();
    await chat.heard("stop");
    const before = chat.said.length;
    await input().press("Escape");
    await chat.heard("stop", before);
    await chat.post({ type: "entry", chatId: "c1", entry: { ...streaming, status: { state: "stopped" } } });
    assert.equal(await chat.page.getByRole("button", { name: "Stop" }).isVisible(), false);
    const later = chat.said.length;
    await input().press("Escape");
    await input().press("Tab");
    assert.deepEqual(chat.said.slice(later), []);
  });

  it("gives the focus back to the text where the stop button goes away under it", async () => {
    const { chat } = stage;
    await chat.show([prompt, streaming]);
    await chat.page.getByRole("button", { name: "Stop" }).focus();
    await chat.post({ type: "entry", chatId: "c1", entry: answer("Hello") });
    assert.equal(await input().evaluate((node) => node === document.activeElement), true);
  });

  it("is ready to write after a click between its buttons, and after a new chat", async () => {
    const { chat } = stage;
    await chat.show([]);
    const input = chat.page.locator(".composer-input");
    for (const click of [
      () => chat.page.locator(".composer-bar").click(),
      () => chat.page.getByRole("button", { name: "New Chat" }).click(),
    ]) {
      await input.evaluate((textarea) => textarea.blur());
      await click();
      assert.equal(await input.evaluate((textarea) => textarea === document.activeElement), true);
    }
  });

  it("attaches with a button, and shows what the host says of it", async () => {
    const { chat } = stage;
    await chat.show([]);
    await chat.page.getByRole("button", { name: "Attach Selection" }).click();
    await chat.heard("attachSelection");
    await chat.post({ type: "notice", text: "No editor is open.", isError: true });
    await chat.page.locator(".notice.is-error", { hasText: "No editor is open." }).waitFor();
  });
});

describe("chat page: target picker", () => {
  const stage = useChatPage();
  const picker = () => stage.chat.page.getByRole("combobox");
  const options = () => stage.chat.page.getByRole("option");

  it("shows each participant's state in words, an icon, and live", async () => {
    const { chat } = stage;
    await chat.show([]);
    await picker().click();
    assert.deepEqual(
      (await options().allInnerTexts()).map((text) => text.replace(/\s*\n\s*/g, " | ").trim()),
      [
        "Any free participant | 1 of 3 free",
        "Ana | llama3:8b · RTX 4090 24 GB | free",
        "Bo | llama3:8b | busy",
        "Cy (you) | llama3:8b | offline",
      ],
    );
    assert.equal(await options().nth(2).locator(".codicon-sync").count(), 1);
    const free = targets.map((each) => ({ ...each, status: "online" as const }));
    await chat.post({ type: "room", room: { state: "joined", name: "Team", hub: "live", targets: free } });
    assert.match(await options().nth(2).innerText(), /free/);
  });

  it("is worked by the keyboard alone", async () => {
    const { chat } = stage;
    await chat.show([]);
    await picker().focus();
    await chat.page.keyboard.press("ArrowDown");
    assert.equal(await picker().getAttribute("aria-expanded"), "true");
    await chat.page.keyboard.press("End");
    await chat.page.keyboard.press("ArrowUp");
    assert.equal(
      await picker().getAttribute("aria-activedescendant"),
      await options().nth(2).getAttribute("id"),
    );
    await chat.page.keyboard.press("Escape");
    assert.equal(await options().count(), 0);
    await chat.page.keyboard.press("Enter");
    await chat.page.keyboard.type("an");
    await chat.page.keyboard.type("a");
    await chat.page.keyboard.press("Enter");
    assert.deepEqual(await chat.heard("target"), { type: "target", selector: "ana" });
    await chat.post({ type: "target", target: { selector: "ana", label: "Ana" } });
    assert.equal(await picker().getAttribute("aria-label"), "Ask: Ana, llama3:8b · free");
    assert.equal(chat.said.filter(({ type }) => type === "stop" || type === "send").length, 0);
  });

  it("picks with a space too, also where something was typed before", async () => {
    const { chat } = stage;
    await chat.show([]);
    await picker().press("ArrowDown");
    await chat.page.keyboard.type("bo");
    await chat.page.keyboard.press("Escape");
    await chat.page.keyboard.press("ArrowDown");
    await chat.page.keyboard.press("ArrowDown");
    await chat.page.keyboard.press("Space");
    assert.deepEqual(await chat.heard("target"), { type: "target", selector: "ana" });
  });

  it("says where the target has left", async () => {
    await stage.chat.show([], { chat: { target: { selector: "gone", label: "Dora" } } });
    assert.equal(await picker().getAttribute("aria-label"), "Ask: Dora, has left");
  });

  it("stays within a narrow page, which it does not push aside", async () => {
    const { chat } = stage;
    await chat.show([]);
    const before = chat.page.viewportSize() ?? assert.fail("no size");
    await chat.page.setViewportSize({ width: 240, height: 600 });
    try {
      await picker().click();
      const box = (await chat.page.getByRole("listbox").boundingBox()) ?? assert.fail("no list");
      assert.ok(box.x >= 0 && box.x + box.width <= 240, JSON.stringify(box));
    } finally {
      await chat.page.setViewportSize(before);
    }
  });

  it("keeps the placeholder on one row of a narrow page", async () => {
    const { chat } = stage;
    await chat.show([]);
    const before = chat.page.viewportSize() ?? assert.fail("no size");
    await chat.page.setViewportSize({ width: 160, height: 600 });
    try {
      const prompt = chat.page.getByRole("textbox", { name: "Prompt" });
      const isCut = await prompt.evaluate((field) => field.scrollHeight > field.clientHeight);
      assert.ok(!isCut, "a second row is cut off");
    } finally {
      await chat.page.setViewportSize(before);
    }
  });

  it("closes on a click elsewhere", async () => {
    const { chat } = stage;
    await chat.show([]);
    await picker().click();
    await chat.page.getByRole("textbox", { name: "Prompt" }).click();
    assert.equal(await options().count(), 0);
  });
});

describe("chat page: room", () => {
  const stage = useChatPage();

  it("offers a way in where there is no room", async () => {
    const { chat } = stage;
    await chat.post(snapshot([], { room: { state: "left" } }));
    await chat.page.getByRole("button", { name: "Join Room" }).click();
    assert.deepEqual(await chat.heard("action"), { type: "action", action: "joinRoom" });
    assert.equal(await chat.page.getByRole("button", { name: "Host Room" }).count(), 1);
  });

  it("offers to share where nobody does", async () => {
    const { chat } = stage;
    await chat.post(snapshot([], { room: { state: "joined", name: "Team", hub: "live", targets: [] } }));
    await chat.page.getByRole("heading", { name: "Nobody shares a model in Team yet" }).waitFor();
    await chat.page.getByRole("textbox", { name: "Prompt" }).fill("hello?");
    assert.equal(await chat.page.getByRole("button", { name: "Send" }).isDisabled(), true);
    // By Enter neither: a prompt would be spent on an error.
    await chat.page.getByRole("textbox", { name: "Prompt" }).press("Enter");
    await chat.page.locator(".notice.is-error", { hasText: "nobody to ask" }).waitFor();
    await chat.page.getByRole("button", { name: "Share Model" }).click();
    assert.deepEqual(await chat.heard("action"), { type: "action", action: "shareModel" });
    assert.ok(!chat.said.some(({ type }) => type === "send"));
  });

  it("cuts a long name of a room with an ellipsis", async () => {
    const { chat } = stage;
    const name = "A room with a long name ".repeat(20);
    await chat.post(snapshot([], { room: { state: "joined", name, hub: "live", targets } }));
    const isCut = await chat.page
      .locator(".room-name")
      .evaluate((label) => label.scrollWidth > label.clientWidth && getComputedStyle(label).textOverflow);
    assert.equal(isCut, "ellipsis");
  });

  it("says what failed and what to do", async () => {
    const { chat } = stage;
    await chat.post(snapshot([], { room: { state: "failed", message: "No hub there.", hint: "Start it." } }));
    await chat.page.getByText("No hub there.").waitFor();
    await chat.page.getByText("Start it.").waitFor();
  });

  it("keeps conversation and draft under a banner while the hub is lost", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("hi")]);
    const input = chat.page.getByRole("textbox", { name: "Prompt" });
    await input.fill("unsent");
    await chat.post({ type: "room", room: { state: "joined", name: "Team", hub: "lost", targets } });
    await chat.page.locator(".banner", { hasText: "The hub does not answer" }).waitFor();
    assert.equal(await input.inputValue(), "unsent");
    assert.equal(await chat.page.locator(".answer").count(), 1);
    await chat.page.getByRole("button", { name: "Retry Connection" }).click();
    assert.deepEqual(await chat.heard("action"), { type: "action", action: "retryConnection" });
    await chat.post({ type: "room", room: { state: "joined", name: "Team", hub: "roomGone", targets } });
    const gone = chat.page.locator(".banner", { hasText: "The hub no longer knows Team." });
    const before = chat.said.length;
    await gone.getByRole("button", { name: "Join Room" }).click();
    assert.deepEqual(await chat.heard("action", before), { type: "action", action: "joinRoom" });
    await chat.post({ type: "room", room: { state: "joined", name: "Team", hub: "keyVoid", targets } });
    const again = chat.said.length;
    await chat.page.getByRole("button", { name: "Enter New Key" }).click();
    assert.deepEqual(await chat.heard("action", again), { type: "action", action: "enterKey" });
    const stranger = { state: "joined", name: "Team", hub: "wrongCertificate", targets } as const;
    await chat.post({ type: "room", room: stranger });
    await chat.page.locator(".banner", { hasText: "another certificate than its invite named" }).waitFor();
    await chat.post({ type: "room", room });
    assert.equal(await chat.page.locator(".banner").count(), 0);
  });
});
