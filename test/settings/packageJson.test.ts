import assert from "node:assert/strict";
import manifest from "../../package.json";
import { errorActions } from "../../src/vscode/errorActions";
import { menuEntries } from "../../src/vscode/views/menuEntries";

const settings = Object.assign({}, ...manifest.contributes.configuration.map(({ properties }) => properties));
const commands = new Set(manifest.contributes.commands.map(({ command }) => command));

describe("package.json", () => {
  it("lets no workspace set where data goes or what this machine offers", () => {
    for (const [key, { scope }] of Object.entries<{ scope: string }>(settings)) {
      if (key === "llmRooms.workspaceRoom") continue;
      assert.ok(["machine", "application"].includes(scope), `${key} has scope ${scope}`);
    }
  });

  it("ignores every setting of an untrusted workspace", () => {
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.equal(supported, "limited");
    assert.deepEqual([...restrictedConfigurations].sort(), Object.keys(settings).sort());
  });

  it("has menus, welcome contents and walkthroughs of commands that exist", () => {
    const menus = Object.values(manifest.contributes.menus).flat();
    const text = JSON.stringify([manifest.contributes.viewsWelcome, manifest.contributes.walkthroughs]);
    const linked = [...text.matchAll(/command:(llmRooms\.\w+)/g)].map(([, command]) => command ?? "");
    assert.ok(linked.length > 5);
    for (const command of [...menus.map((entry) => entry.command), ...linked]) {
      assert.ok(commands.has(command), command);
    }
  });

  it("changes the hub where it says so, rather than to list the rooms of the same one", () => {
    const links = manifest.contributes.viewsWelcome.flatMap(({ contents }) => [
      ...contents.matchAll(/\[Change Hub\]\(command:llmRooms\.joinRoom\??([^)]*)\)/g),
    ]);
    assert.ok(links.length > 0);
    const [button] = errorActions("HUB_UNREACHABLE");
    for (const [, args = ""] of links) assert.deepEqual(JSON.parse(decodeURIComponent(args)), button?.args);
  });

  it("has every command that an error's button or the status bar's menu runs", () => {
    const states = ["left", "connecting", "failed", "joined"] as const;
    const entries = states.flatMap((state) =>
      menuEntries({ state, lost: true, sharing: true, paused: false }),
    );
    const codes = [
      "HUB_UNREACHABLE",
      "ROOM_NOT_FOUND",
      "WRONG_PASSWORD",
      "PROVIDER_FAILED",
      "WRONG_KEY",
      "TIMED_OUT",
    ] as const;
    const actions = codes.flatMap((code) => [...errorActions(code)]);
    for (const { command } of [...entries, ...actions]) assert.ok(commands.has(command), command);
  });

  it("offers no command in the palette that needs a room while there is none", () => {
    const shown = new Map(
      manifest.contributes.menus.commandPalette.map(({ command, when }) => [command, when]),
    );
    for (const command of [
      "leaveRoom",
      "shareModel",
      "copyRoomCode",
      "chatWithParticipant",
      "pauseSharing",
    ]) {
      assert.match(shown.get(`llmRooms.${command}`) ?? "", /llmRooms\./, command);
    }
  });
});
