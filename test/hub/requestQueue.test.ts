import assert from "node:assert/strict";
import fc from "fast-check";
import { type Queueable, type Requester, RequestQueue } from "../../src/hub/requestQueue";
import { requesterOf } from "../../src/hub/startRequest";

interface Item extends Queueable {
  /** Who can serve it. */
  readonly kind: "a" | "b";
}

type Step =
  | { do: "add"; requester: Requester; places: number; kind: "a" | "b" }
  | { do: "take"; kind: "a" | "b" | undefined }
  | { do: "remove"; which: number }
  | { do: "putBack"; which: number };

const requester = fc.record<Requester>({
  address: fc.constantFrom("x", "y", "z"),
  identity: fc.constantFrom("", "ann", "ben"),
});
const kind = fc.constantFrom<"a" | "b">("a", "b");
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      requester,
      places: fc.integer({ min: 1, max: 3 }),
      kind,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("take" as const), kind: fc.option(kind, { nil: undefined }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("putBack" as const), which: fc.nat(20) }) },
);
const steps = fc.array(step, { maxLength: 60 });
const MAX_PLACES = 6;

const sameRequester = (a: Requester, b: Requester) => a.address === b.address && a.identity === b.identity;
const placesOf = (items: readonly Item[]) => items.reduce((sum, { places }) => sum + places, 0);

/** A queue beside a plain list of what must be in it, each requester's items in their order. */
class Model {
  readonly queue = new RequestQueue<Item>(MAX_PLACES);
  waiting: Item[] = [];
  readonly taken: Item[] = [];
  #next = 0;

  run(step: Step): void {
    switch (step.do) {
      case "add":
        this.#add({ ...step, arrival: this.#next++ });
        break;
      case "take":
        this.#take(step.kind);
        break;
      case "remove":
        this.#remove(step.which);
        break;
      case "putBack":
        this.#putBack(step.which);
        break;
      default:
        step satisfies never;
    }
  }

  #take(wanted: "a" | "b" | undefined): void {
    const fits = (it: Item) => wanted === undefined || it.kind === wanted;
    const item = this.queue.take(fits);
    assert.equal(item !== undefined, this.waiting.some(fits));
    if (!item) return;
    this.#leave(item);
    this.taken.push(item);
  }

  #remove(which: number): void {
    const item = this.waiting[which];
    if (!item) return;
    assert.equal(this.queue.remove(item), true);
    assert.equal(this.queue.remove(item), false);
    this.#leave(item);
  }

  #putBack(which: number): void {
    const [item] = this.taken.splice(which, 1);
    if (!item) return;
    const fits = placesOf(this.waiting) + item.places <= MAX_PLACES;
    assert.equal(this.queue.putBack(item), fits);
    if (fits) this.waiting = [...this.waiting, item].sort((one, other) => one.arrival - other.arrival);
  }

  #add(item: Item): void {
    const before = [...this.waiting];
    const { added, pushedOut } = this.queue.add(item);
    if (!added) assert.deepEqual(pushedOut, []);
    for (const each of pushedOut) {
      const line = before.filter(({ requester: its }) => sameRequester(its, each.requester));
      const kept = line.filter((it) => !pushedOut.includes(it));
      assert.ok(
        kept.every(({ arrival }) => line.indexOf(each) > line.findIndex((it) => it.arrival === arrival)),
        "newest first",
      );
      this.#leave(each);
    }
    if (added) this.waiting.push(item);
  }

  #leave(item: Item): void {
    assert.ok(this.waiting.includes(item), "only what waits can leave, and once");
    this.waiting = this.waiting.filter((it) => it !== item);
  }
}

const item = (arrival: number, address: string, identity = "", places = 1): Item => ({
  arrival,
  requester: { address, identity },
  places,
  kind: "a",
});
const drain = (queue: RequestQueue<Item>) => {
  const order: Item[] = [];
  for (let next = queue.take(() => true); next; next = queue.take(() => true)) order.push(next);
  return order;
};
const addressOf = ({ requester: { address } }: Item) => address;

describe("hub: request queue", () => {
  it("Q3: loses nothing, gives nothing twice, and keeps its bound, whatever happens", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const model = new Model();
        for (const each of all) {
          model.run(each);
          assert.equal(model.queue.size, model.waiting.length);
          assert.equal(model.queue.places, placesOf(model.waiting));
          assert.ok(model.queue.places <= MAX_PLACES);
          assert.deepEqual(new Set(model.queue.order()), new Set(model.waiting));
        }
        assert.deepEqual(new Set(drain(model.queue)), new Set(model.waiting));
        assert.equal(model.queue.size, 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("Q2: keeps the order of each requester's requests that the same participant can serve", () => {
    fc.assert(
      fc.property(steps, kind, (all, wanted) => {
        const model = new Model();
        for (const each of all) model.run(each);
        const waiting = model.waiting.filter((it) => it.kind === wanted);
        for (let got = model.queue.take((it) => it.kind === wanted); got; ) {
          const { requester: its } = got;
          const mine = waiting.filter(({ requester: r }) => sameRequester(r, its));
          assert.equal(mine[0], got);
          waiting.splice(waiting.indexOf(got), 1);
          got = model.queue.take((it) => it.kind === wanted);
        }
        assert.deepEqual(waiting, []);
      }),
    );
  });

  it("Q2: nobody waits for more than one turn of each other requester", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const model = new Model();
        for (const each of all) model.run(each);
        const taken = drain(model.queue);
        for (const key of [addressOf, ({ requester: r }: Item) => `${r.address}/${r.identity}`]) {
          const turns = new Map<string, number>();
          for (const [at, each] of taken.entries()) {
            const ahead = taken.slice(0, at);
            const mine = ahead.filter((it) => key(it) === key(each)).length;
            // Of identities those of the same address are meant: between addresses their own rule holds.
            const others = ahead.filter(
              (it) => key(it) !== key(each) && (key === addressOf || addressOf(it) === addressOf(each)),
            );
            turns.clear();
            for (const it of others) turns.set(key(it), (turns.get(key(it)) ?? 0) + 1);
            assert.ok([...turns.values()].every((count) => count <= mine + 1));
          }
        }
      }),
    );
  });

  it("Q3: a flood from one requester leaves the others their places and turns", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 1, max: 5 }), (places, guests) => {
        const queue = new RequestQueue<Item>(places);
        for (let n = 0; n < 100; n++) queue.add(item(n, "flood", `me-${n}`));
        assert.equal(queue.size, places);
        const added = Array.from(
          { length: guests },
          (_, n) => queue.add(item(1_000 + n, `guest-${n}`)).added,
        );
        const room = Math.min(guests, places - 1);
        assert.deepEqual(added, [...Array(room).fill(true), ...Array(guests - room).fill(false)]);
        const [first, ...others] = drain(queue).map(addressOf);
        assert.equal(first, "flood");
        assert.deepEqual(new Set(others.slice(0, room)).size, room, "then each guest in turn");
        assert.ok(!others.slice(0, room).includes("flood"));
      }),
    );
  });

  it("Q2, Q3: whoever has a /64 of IPv6 floods the queue as one, and those in it have turns of their own", () => {
    const queue = new RequestQueue<Item>(64);
    const from = (arrival: number, address: string, user?: string) => {
      const each: Item = { requester: requesterOf(address, user), arrival, places: 1, kind: "a" };
      return queue.add(each).added;
    };
    for (let n = 0; n < 70; n++) from(n, `2001:db8::${(n + 1).toString(16)}`, "somebody");
    assert.equal(from(100, "10.0.0.1", "ada"), true);
    assert.equal(from(101, "2001:db8:0:1::1"), true);
    assert.deepEqual(drain(queue).slice(0, 4).map(addressOf), [
      "2001:db8:0:0",
      "10.0.0.1",
      "2001:db8:0:1",
      "2001:db8:0:0",
    ]);
    for (const n of [1, 2]) from(n, "2001:db8::1");
    from(3, "2001:db8::2");
    assert.deepEqual(
      drain(queue).map(({ arrival }) => arrival),
      [1, 3, 2],
    );
  });

  it("Q2: what is put back has its old place among what its requester asked", () => {
    const queue = new RequestQueue<Item>(10);
    for (let n = 0; n < 5; n++) queue.add(item(n, "x", "ann"));
    const [first, second, third] = [0, 1, 2].map(() => queue.take(() => true) as Item);
    for (const each of [third, first, second]) assert.ok(each && queue.putBack(each));
    assert.deepEqual(
      drain(queue).map(({ arrival }) => arrival),
      [0, 1, 2, 3, 4],
    );
  });

  it("Q2: tells beforehand in which order it will give", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const model = new Model();
        for (const each of all) model.run(each);
        const told = model.queue.order();
        assert.deepEqual(drain(model.queue), told);
      }),
    );
  });

  it("Q3: the newest of whoever has most gives way, and nobody to an equal", () => {
    const queue = new RequestQueue<Item>(4);
    const [a1, a2, a3, b1] = [item(1, "a"), item(2, "a"), item(3, "a"), item(4, "b")];
    for (const each of [a1, a2, a3, b1]) assert.equal(queue.add(each).added, true);
    assert.deepEqual(queue.add(item(5, "c")), { added: true, pushedOut: [a3] });
    assert.equal(queue.add(item(6, "a")).added, false, "it would push out what it just lost");
    assert.equal(queue.add(item(7, "b")).added, false, "as many as the other has");
    assert.deepEqual(
      drain(queue).map(({ arrival }) => arrival),
      [1, 4, 5, 2],
    );
  });

  it("Q3: a body that takes several places pushes out as many, or nobody", () => {
    const queue = new RequestQueue<Item>(6);
    for (let n = 1; n <= 6; n++) queue.add(item(n, "a"));
    const long = item(7, "b", "", 3);
    assert.deepEqual(
      queue.add(long).pushedOut.map(({ arrival }) => arrival),
      [6, 5, 4],
    );
    assert.equal(queue.add(item(8, "c", "", 4)).added, false);
    assert.deepEqual(
      drain(queue).map(({ arrival }) => arrival),
      [1, 7, 2, 3],
    );
  });
});
