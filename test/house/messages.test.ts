import assert from "node:assert/strict";
import { sources } from "../support/sources";

/** Those in a corner; the text of a modal one is drawn as it is. */
const MESSAGE = /\.show(?:Information|Warning|Error)Message\((?![^;]*\bmodal: true)/;

describe("the messages of VS Code", () => {
  it("are shown in one place, which makes no links of what others wrote", async () => {
    const found = (await sources("src", ".ts")).filter(({ text }) => MESSAGE.test(text));
    assert.deepEqual(
      found.map(({ path }) => path),
      ["src/vscode/showMessage.ts"],
    );
  });
});
