import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { paths } from "../../src/protocol/paths";
import { useWorkbench } from "../support/useWorkbench";

/** What VS Code would show as a link, and run at a click. */
const WORDS = "No. [Try again](command:workbench.action.terminal.new)";

describe("a hostile hub, as a person sees it", () => {
  let hub: Server;
  let isFriendly = false;

  before(async () => {
    const facts = { id: "r", code: "ABC234", name: "Team", hostId: "h", createdAt: 1 };
    const rooms = [{ ...facts, participantCount: 0, passwordProtected: false }];
    hub = createServer(({ url }, response) => {
      const data =
        url === paths.health ? { status: "ok", timestamp: 1 } : url === paths.rooms && isFriendly && rooms;
      response.statusCode = data ? 200 : 409;
      response.setHeader("content-type", "application/json");
      const error = { code: "ODD", message: WORDS, hint: WORDS };
      response.end(JSON.stringify({ ...(data ? { data } : { error }), meta: { requestId: "1" } }));
    });
    hub.listen(0, "127.0.0.1");
    await once(hub, "listening");
  });
  after(() => {
    hub.closeAllConnections();
    hub.close();
  });

  const vscode = useWorkbench(() => ({ development: true }));

  it("makes no link of its words, under an input box and in a message", async () => {
    const { first } = vscode;
    const { port } = hub.address() as AddressInfo;
    await first.activityBar("LLM Rooms");
    await first.view("Participants").getByRole("button", { name: "Join Room" }).click();
    await first.answer(`127.0.0.1:${port}`, "Address of your team's hub");
    const box = first.page.locator(".quick-input-message", { hasText: "Try again" });
    await box.waitFor();
    assert.equal(await box.locator("a").count(), 0);
    isFriendly = true;
    await first.answer(`127.0.0.1:${port}`);
    await first.pick("Team");
    await first.answer("Kim", "What teammates see of you");
    // Else the list of commands would take its place.
    await first.quickInput().waitFor({ state: "hidden" });
    await first.openNotifications();
    const message = first.page.locator(".notification-list-item-message", { hasText: "Try again" });
    await message.waitFor();
    assert.equal(await message.locator("a").count(), 0);
  });
});
