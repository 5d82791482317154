/** What a command started, to be ended last in, first out; one that fails does not keep the others. */
export class Closers {
  readonly #items: { name: string; close: () => Promise<void> | void }[] = [];

  add(name: string, close: () => Promise<void> | void): void {
    this.#items.push({ name, close });
  }

  /** Names of what could not be ended. */
  async closeAll(): Promise<string[]> {
    const failed: string[] = [];
    for (let item = this.#items.pop(); item; item = this.#items.pop()) {
      try {
        await item.close();
      } catch {
        // The caller tells the person which; there is nothing else to try.
        failed.push(item.name);
      }
    }
    return failed;
  }
}
