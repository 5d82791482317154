import assert from "node:assert/strict";
import { ServedToday } from "../../src/vscode/sharing/servedToday";
import { MementoMap } from "../support/mementoMap";

describe("what a window served today", () => {
  const [morning, evening, tomorrow] = ["2026-05-04T08:00", "2026-05-04T23:59", "2026-05-05T00:00"].map(
    (text) => new Date(text),
  ) as [Date, Date, Date];

  it("is added up, outlives a reload, and begins anew with the day", async () => {
    const context = { workspaceState: new MementoMap() };
    const today = new ServedToday(context);
    await today.add(40, morning);
    await today.add(2, evening);
    assert.deepEqual(
      { ...new ServedToday(context).at(evening), day: "" },
      { requests: 2, tokens: 42, day: "" },
    );
    assert.deepEqual(today.at(tomorrow), { requests: 0, tokens: 0 });
    await today.add(5, tomorrow);
    assert.equal(today.at(tomorrow).tokens, 5);
  });

  it("is nothing where what was kept cannot be read", async () => {
    const workspaceState = new MementoMap();
    await workspaceState.update("servedToday", { day: morning.toDateString(), requests: "many" });
    assert.deepEqual(new ServedToday({ workspaceState }).at(morning), { requests: 0, tokens: 0 });
  });
});
