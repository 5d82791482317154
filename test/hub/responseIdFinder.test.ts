import assert from "node:assert/strict";
import { ResponseIdFinder } from "../../src/hub/responseIdFinder";
import { paths } from "../../src/protocol/paths";
import { joinRaw } from "../support/rawParticipant";
import { Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";

/** Of an answer that came in pieces of so many bytes. */
function findId(text: string, pieceBytes = text.length): string | undefined {
  const found: string[] = [];
  const finder = new ResponseIdFinder((id) => found.push(id));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) finder.push(bytes.subarray(at, at + pieceBytes));
  finder.end();
  assert.ok(found.length <= 1, found.join());
  return found[0];
}

describe("hub: finding a response's id", () => {
  let t: TestHub | undefined;
  afterEach(async () => {
    await t?.hub.close();
    t = undefined;
  });

  for (const pieceBytes of [1, 2, 7, 1_000]) {
    it(`I12: it is found in a whole answer and in a stream, in pieces of ${pieceBytes} bytes`, () => {
      assert.equal(findId('{"id":"resp_1","output":[', pieceBytes), "resp_1");
      assert.equal(findId('\n {"object":"response",\n"id":"resp_2"}\n', pieceBytes), "resp_2");
      assert.equal(findId('event: a\ndata: {"response":{"id":"resp_3"}}\n\n', pieceBytes), "resp_3");
      const late = 'data: {"response":{"x":{"id":"no"},"id":"resp_4"}}\r\n\r\n';
      assert.equal(findId(`: waiting\n\n${late}`, pieceBytes), "resp_4");
      assert.equal(findId('data: {"delta":"x"}\n\n', pieceBytes), undefined);
      assert.equal(findId("garbage", pieceBytes), undefined);
      assert.equal(findId('{"object":"response","id":', pieceBytes), undefined);
    });
  }

  it("I12: it is found before a long first event has ended, and before the answer has", () => {
    for (const text of ['data: {"response":{"id":"resp_1",', '{"id":"resp_1",']) {
      const found: string[] = [];
      const finder = new ResponseIdFinder((id) => found.push(id));
      finder.push(Buffer.from(`${text}"instructions":"${"a".repeat(50_000)}`));
      assert.deepEqual(found, ["resp_1"]);
    }
  });

  it("I12: nobody looks for it far from the beginning", () => {
    assert.equal(findId(`${" ".repeat(70_000)}{"id":"resp_1"}`), undefined);
    assert.equal(findId(`${"data: {}\n\n".repeat(100)}data: {"response":{"id":"resp_1"}}\n\n`), undefined);
  });

  it("I12: an answer of thousands of lines that are no JSON, then of single bytes, holds up nobody", async () => {
    t = await startHub();
    const code = await t.makeRoom();
    const p = await joinRaw(t, code);
    const asked = new Requester(
      t.url,
      { model: "*", input: "x", stream: true },
      { path: paths.responses(code) },
    );
    const request = await p.nextRequest();
    p.start(request, 200, { "content-type": "text/event-stream" });
    p.chunk(request, "data:{\n".repeat(4_600));
    for (let each = 0; each < 510; each++) p.chunk(request, "x");
    p.end(request);
    const startedAt = performance.now();
    await asked.whole();
    const ms = performance.now() - startedAt;
    assert.ok(ms < 3_000, `${Math.round(ms)} ms`);
    assert.equal(asked.text.length, 7 * 4_600 + 510);
  });
});
