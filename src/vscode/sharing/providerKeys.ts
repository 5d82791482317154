import type * as vscode from "vscode";
import { originOf } from "./participantId";

type Storage = Pick<vscode.SecretStorage, "get" | "store" | "delete">;

/** Keys of providers by their origin, in VS Code's own secret storage; they never leave this machine. */
export class ProviderKeys {
  readonly #secrets: Storage;

  constructor(secrets: Storage) {
    this.#secrets = secrets;
  }

  async get(endpoint: string): Promise<string | undefined> {
    return this.#secrets.get(key(endpoint));
  }

  /** An empty key forgets the one that was kept. */
  async remember(endpoint: string, apiKey: string): Promise<void> {
    if (apiKey) await this.#secrets.store(key(endpoint), apiKey);
    else await this.#secrets.delete(key(endpoint));
  }
}

function key(endpoint: string): string {
  return `provider:${originOf(endpoint)}`;
}
