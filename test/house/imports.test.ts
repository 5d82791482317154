import assert from "node:assert/strict";
import { builtinModules } from "node:module";
import { importedPath, runtimeSpecifiers, type Source, sources, specifiers } from "../support/sources";

/** Which folders of src/ a folder may import from, besides itself. */
const ARROWS: Record<string, readonly string[]> = {
  common: [],
  protocol: ["common"],
  net: ["common"],
  hub: ["protocol", "common"],
  participant: ["net", "protocol", "common"],
  client: ["net", "protocol", "common"],
  cli: ["hub", "participant", "client", "net", "protocol", "common"],
  vscode: ["participant", "client", "protocol", "common"],
  webview: ["common"],
  "extension.ts": ["vscode", "participant", "client", "protocol", "common"],
};
/** Of the protocol the page knows only the panel's own messages. */
const WEBVIEW_PROTOCOL = "src/protocol/panel";
/** Packages that a folder may import; those not named here may import whatever is in package.json. */
const PACKAGES: Record<string, readonly string[]> = { common: [], protocol: ["zod", "eventsource-parser"] };
const NODE_FOLDERS = new Set(["net", "hub", "participant", "client", "cli", "vscode"]);
const VSCODE_FOLDERS = new Set(["vscode", "extension.ts"]);
const BUILTIN = new Set(builtinModules);

/** The part of the house that a path lies in: `src/hub/room.ts` in hub. */
function partOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function complaint(source: Source, specifier: string): string | undefined {
  const part = partOf(source.path);
  const path = importedPath(source.path, specifier);
  // The bundles take their own version from it.
  if (path === "package.json") return undefined;
  if (path) {
    const target = partOf(/\.[a-z]+$/.test(path) ? path : `${path}.ts`);
    if (target === part || ARROWS[part]?.includes(target)) return undefined;
    if (part === "webview" && path === WEBVIEW_PROTOCOL) return undefined;
    return `${part} must not import ${target}`;
  }
  if (specifier === "vscode") return VSCODE_FOLDERS.has(part) ? undefined : `${part} must not know VS Code`;
  if (specifier.startsWith("node:"))
    return NODE_FOLDERS.has(part) ? undefined : `${part} must run without Node`;
  if (BUILTIN.has(specifier)) return "Node's modules are imported with node:";
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  return (PACKAGES[part]?.includes(name) ?? true) ? undefined : `${part} must not import ${name}`;
}

describe("imports", () => {
  let all: Source[];
  before(async () => {
    all = await sources("src", ".ts");
  });

  it("follow the arrows of the house", () => {
    const wrong = all.flatMap((source) =>
      specifiers(source).flatMap((specifier) => {
        const why = complaint(source, specifier);
        return why ? [`${source.path}: "${specifier}": ${why}`] : [];
      }),
    );
    assert.deepEqual(wrong, []);
  });

  it("know every part of the house", () => {
    const unknown = new Set(all.map(({ path }) => partOf(path)).filter((part) => !(part in ARROWS)));
    assert.deepEqual([...unknown], []);
  });

  it("make no circle of files", () => {
    const known = new Set(all.map(({ path }) => path));
    const edges = new Map(
      all.map((source) => {
        const paths = runtimeSpecifiers(source).map((specifier) => importedPath(source.path, specifier));
        return [source.path, paths.map((path) => `${path}.ts`).filter((path) => known.has(path))];
      }),
    );
    assert.deepEqual(findCircle(edges), []);
  });

  it("leave the source of the tests to the tests", () => {
    const wrong = all.filter((source) =>
      specifiers(source).some((specifier) => /(^|\/)test\//.test(specifier)),
    );
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("are read in every form", () => {
    const text = `import a from "a";\nimport type { B } from "./b";\nimport "c";\nexport { d } from "d";
import {\n  e,\n} from "e";\nconst f = await import("f");\nconst g = require("g");\ntype H = import("h").H;
// import i from "i"\n/* import j from "j" */\n`;
    const source = { path: "x.ts", text };
    assert.deepEqual(specifiers(source).sort(), ["./b", "a", "c", "d", "e", "f", "g", "h"]);
    assert.deepEqual(runtimeSpecifiers(source).sort(), ["a", "c", "d", "e", "f", "g", "h"]);
  });
});

/** The first circle that a walk finds, as the paths along it; empty where there is none. */
function findCircle(edges: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] => {
    const at = trail.indexOf(path);
    if (at >= 0) return [...trail.slice(at), path];
    if (done.has(path)) return [];
    for (const next of edges.get(path) ?? []) {
      const circle = visit(next, [...trail, path]);
      if (circle.length > 0) return circle;
    }
    done.add(path);
    return [];
  };
  for (const path of edges.keys()) {
    const circle = visit(path, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
