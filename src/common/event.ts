import type { Disposable } from "./disposable";

/** Subscribes a listener; the returned Disposable ends the subscription. Shaped like VS Code's own Event. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/** The owner's side of an Event: only whoever holds the Emitter can fire it. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event: Event<T> = (listener) => {
    // Wrapped, so that one function subscribed twice is two subscriptions.
    const entry = (value: T) => listener(value);
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  };

  /** Calls the listeners in the order they subscribed; one that is removed meanwhile is not called. */
  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      if (this.#listeners.has(listener)) listener(value);
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
