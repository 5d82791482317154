import type * as vscode from "vscode";
import { endpointOrigin, normaliseEndpoint } from "../../participant/endpoint";

type Storage = Pick<vscode.SecretStorage, "get" | "store" | "delete">;

/** Keys of providers by their origin, in VS Code's own secret storage; they never leave this machine. */
export class ProviderKeys {
  readonly #secrets: Storage;

  constructor(secrets: Storage) {
    this.#secrets = secrets;
  }

  /** @param endpoint as it is kept or was typed, with or without a scheme. @throws HumanError where it is none */
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
  return `provider:${endpointOrigin(normaliseEndpoint(endpoint))}`;
}
