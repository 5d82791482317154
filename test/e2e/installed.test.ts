import assert from "node:assert/strict";
import { packagedVsix } from "../support/packagedVsix";
import { useWorkbench } from "../support/useWorkbench";

describe("the installed package", () => {
  const vscode = useWorkbench(async () => ({ vsix: await packagedVsix() }));

  it("shows its container in the activity bar", async () => {
    await vscode.first.activityBar("LLM Rooms");
    assert.match(await vscode.first.page.locator(".sidebar .composite.title").innerText(), /llm rooms/i);
  });

  it("offers its commands in the palette", async () => {
    const commands = await vscode.first.commandsFor("LLM Rooms: Join Room");
    assert.equal(commands.length, 1);
  });
});
