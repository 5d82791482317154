import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

interface Manifest {
  contributes: {
    commands: { command: string; title: string; category?: string }[];
    configuration: Configuration | Configuration[];
    menus?: Record<string, { command: string; when?: string }[]>;
  };
}

interface Configuration {
  properties: Record<string, unknown>;
}

/** The first cells of all table rows that are one piece of code: ``| `llmRooms.hubUrl` | …``. */
function settingsIn(readme: string): string[] {
  return [...readme.matchAll(/^\|\s*`(llmRooms\.[\w.]+)`\s*\|/gm)].map((match) => match[1] ?? "");
}

/** The first cells of the table under the heading Commands, without emphasis and dots: `| **Join Room** | …`. */
function commandsIn(readme: string): string[] {
  const section = /^#+ Commands$([\s\S]*?)(?=^#+ |(?![\s\S]))/m.exec(readme)?.[1] ?? "";
  const cells = [...section.matchAll(/^\|([^|]+)\|/gm)].map((match) => match[1] ?? "");
  return cells.map(plain).filter((cell) => cell !== "command" && !/^[-: ]*$/.test(cell));
}

function plain(title: string): string {
  return title
    .replaceAll(/[*`…]|LLM Rooms:/g, "")
    .trim()
    .toLowerCase();
}

describe("README.md", () => {
  let readme: string;
  let manifest: Manifest;
  before(async () => {
    readme = await readFile("README.md", "utf8");
    manifest = JSON.parse(await readFile("package.json", "utf8")) as Manifest;
  });

  it("lists the settings that there are", () => {
    const configurations = [manifest.contributes.configuration].flat();
    const declared = configurations.flatMap(({ properties }) => Object.keys(properties));
    assert.deepEqual(settingsIn(readme).sort(), declared.sort());
  });

  it("lists the commands that the palette or a menu shows", () => {
    const { commandPalette = [], ...menus } = manifest.contributes.menus ?? {};
    const inMenus = new Set(Object.values(menus).flatMap((items) => items.map(({ command }) => command)));
    const hidden = commandPalette
      .filter(({ command, when }) => when === "false" && !inMenus.has(command))
      .map(({ command }) => command);
    const declared = manifest.contributes.commands.filter(({ command }) => !hidden.includes(command));
    assert.deepEqual(commandsIn(readme).sort(), declared.map(({ title }) => plain(title)).sort());
  });
});
