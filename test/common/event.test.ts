import assert from "node:assert/strict";
import { DisposableStore, toDisposable } from "../../src/common/disposable";
import { Emitter } from "../../src/common/event";

describe("Emitter", () => {
  it("calls listeners in order until each is disposed", () => {
    const emitter = new Emitter<string>();
    const heard: string[] = [];
    const first = emitter.event((value) => heard.push(`first ${value}`));
    emitter.event((value) => heard.push(`second ${value}`));
    emitter.fire("a");
    first.dispose();
    first.dispose();
    emitter.fire("b");
    emitter.dispose();
    emitter.fire("c");
    assert.deepEqual(heard, ["first a", "second a", "second b"]);
  });

  it("treats one function subscribed twice as two subscriptions", () => {
    const emitter = new Emitter<number>();
    let calls = 0;
    const listener = () => {
      calls++;
    };
    const once = emitter.event(listener);
    emitter.event(listener);
    once.dispose();
    emitter.fire(1);
    assert.equal(calls, 1);
  });

  it("does not call a listener that an earlier one removed", () => {
    const emitter = new Emitter<number>();
    const heard: string[] = [];
    emitter.event(() => second.dispose());
    const second = emitter.event(() => heard.push("second"));
    emitter.fire(1);
    assert.deepEqual(heard, []);
  });
});

describe("DisposableStore", () => {
  it("disposes last in, first out, once", () => {
    const order: number[] = [];
    const store = new DisposableStore();
    for (const n of [1, 2, 3]) store.add(toDisposable(() => order.push(n)));
    store.dispose();
    store.dispose();
    assert.deepEqual(order, [3, 2, 1]);
  });

  it("disposes at once what comes too late", () => {
    const store = new DisposableStore();
    store.dispose();
    let disposed = false;
    store.add(toDisposable(() => (disposed = true)));
    assert.equal(disposed, true);
  });
});
