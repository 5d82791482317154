import type * as vscode from "vscode";

/** A memento of VS Code's that forgets when the test ends; values are stored as JSON, as VS Code does. */
export class MementoMap implements vscode.Memento {
  readonly #values = new Map<string, string>();

  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  get<T>(key: string): T | undefined;
  get<T>(key: string, defaultValue: T): T;
  get<T>(key: string, defaultValue?: T): T | undefined {
    const value = this.#values.get(key);
    return value === undefined ? defaultValue : (JSON.parse(value) as T);
  }

  async update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, JSON.stringify(value));
  }

  setKeysForSync(): void {}
}
