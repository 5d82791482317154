/** Who asks. Turns go round the addresses, and at each address round the identities that share it. */
export interface Requester {
  readonly address: string;
  /** The request's own word (`user`), if any, and from which of the addresses that count as one it came. */
  readonly identity: string;
}

export interface Queueable {
  readonly requester: Requester;
  /** Grows from one that comes to the next: whoever is put back has its place by it. */
  readonly arrival: number;
  /** Places of the queue that it takes: 1, or more for a long body. */
  readonly places: number;
}

export interface Added<T> {
  readonly added: boolean;
  /** Whose place was given away; nobody's where the newcomer itself found none. */
  readonly pushedOut: readonly T[];
}

/** What waits from one identity, oldest first. */
type Line<T> = Set<T>;
/** What waits from one address. The identity whose turn is next stands first. */
interface Lane<T> {
  readonly lines: Map<string, Line<T>>;
  places: number;
}

/**
 * What waits in one room: bounded, and fair. Each address gets a turn before any gets its second, each identity of an
 * address likewise; one identity's requests keep their order. Knows no clock and no socket. Work is linear in what waits at
 * worst, and constant where whatever waits can be served by whoever is free.
 */
export class RequestQueue<T extends Queueable> {
  readonly #maxPlaces: number;
  /** The address whose turn is next stands first. */
  readonly #lanes = new Map<string, Lane<T>>();
  #size = 0;
  #places = 0;

  constructor(maxPlaces: number) {
    this.#maxPlaces = maxPlaces;
  }

  get size(): number {
    return this.#size;
  }

  /** Places taken; never more than there are. */
  get places(): number {
    return this.#places;
  }

  /** Takes a newcomer in. Where the queue is full, whoever holds most of it gives way, newest first; an equal does not. */
  add(item: T): Added<T> {
    this.#attach(item);
    const out: T[] = [];
    while (this.#places > this.#maxPlaces && out.at(-1) !== item) {
      const victim = this.#newestOfHeaviest(item);
      this.#detach(victim);
      out.push(victim);
    }
    const added = out.at(-1) !== item;
    // It found no place after all: then nobody lost theirs.
    if (!added) for (const each of out.slice(0, -1).reverse()) this.#attach(each);
    for (const { requester } of out) this.#prune(requester);
    return { added, pushedOut: added ? out : [] };
  }

  /** Puts one back that was taken already: before what came later from its identity. @returns false where it is full. */
  putBack(item: T): boolean {
    if (this.#places + item.places > this.#maxPlaces) return false;
    const { address, identity } = item.requester;
    const line = [...(this.#lanes.get(address)?.lines.get(identity) ?? [])];
    const later = line.filter(({ arrival }) => arrival > item.arrival);
    for (const each of later) this.#detach(each);
    for (const each of [item, ...later]) this.#attach(each);
    return true;
  }

  /** The first in turn that fits leaves the queue, and its requester's next turn comes last. */
  take(fits: (item: T) => boolean): T | undefined {
    const item = this.#find(fits);
    if (!item) return undefined;
    const { address, identity } = item.requester;
    this.#detach(item);
    moveLast(this.#lanes, address);
    const lane = this.#lanes.get(address);
    if (lane) moveLast(lane.lines, identity);
    this.#prune(item.requester);
    return item;
  }

  /** @returns false where it does not wait here (any more). */
  remove(item: T): boolean {
    const removed = this.#detach(item);
    this.#prune(item.requester);
    return removed;
  }

  /** All that wait, in the order in which they would be taken if nobody else came. */
  order(): T[] {
    const lanes = [...this.#lanes.values()];
    return roundRobin(lanes.map(({ lines }) => roundRobin([...lines.values()].map((line) => [...line]))));
  }

  #find(fits: (item: T) => boolean): T | undefined {
    for (const { lines } of this.#lanes.values())
      for (const line of lines.values()) for (const item of line) if (fits(item)) return item;
    return undefined;
  }

  #attach(item: T): void {
    const { address, identity } = item.requester;
    const lane = this.#lanes.get(address) ?? { lines: new Map<string, Line<T>>(), places: 0 };
    const line = lane.lines.get(identity) ?? new Set();
    this.#lanes.set(address, lane);
    lane.lines.set(identity, line);
    line.add(item);
    lane.places += item.places;
    this.#places += item.places;
    this.#size++;
  }

  /** Leaves an empty lane where it is, so that what is attached again keeps its turn. */
  #detach(item: T): boolean {
    const lane = this.#lanes.get(item.requester.address);
    if (!lane?.lines.get(item.requester.identity)?.delete(item)) return false;
    lane.places -= item.places;
    this.#places -= item.places;
    this.#size--;
    return true;
  }

  #prune({ address, identity }: Requester): void {
    const lane = this.#lanes.get(address);
    if (lane?.lines.get(identity)?.size === 0) lane.lines.delete(identity);
    if (lane?.lines.size === 0) this.#lanes.delete(address);
  }

  /** Between equals the newcomer counts as heavier: two that hold as much must not push one another out in turn. */
  #newestOfHeaviest(newcomer: T): T {
    const { address, identity } = newcomer.requester;
    const [heaviest, lane] = maxOf(this.#lanes, address, ({ places }) => places);
    const own = heaviest === address ? identity : undefined;
    const [, line] = maxOf(lane.lines, own, (each) => placesOf(each));
    return [...line].at(-1) ?? newcomer;
  }
}

/** One of each list in turn, until all are empty. */
function roundRobin<T>(lists: readonly (readonly T[])[]): T[] {
  const result: T[] = [];
  let rest = lists;
  for (let round = 0; rest.length > 0; round++) {
    rest = rest.filter(({ length }) => length > round);
    for (const list of rest) result.push(list[round] as T);
  }
  return result;
}

function placesOf(line: Iterable<Queueable>): number {
  let places = 0;
  for (const item of line) places += item.places;
  return places;
}

function moveLast<V>(map: Map<string, V>, key: string): void {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
}

/** @param preferred which of equals; the map is not empty. */
function maxOf<V>(
  map: ReadonlyMap<string, V>,
  preferred: string | undefined,
  measure: (value: V) => number,
): [string, V] {
  const entries = [...map];
  return entries.reduce((best, each) => {
    const more = measure(each[1]) - measure(best[1]);
    return more > 0 || (more === 0 && each[0] === preferred) ? each : best;
  });
}
