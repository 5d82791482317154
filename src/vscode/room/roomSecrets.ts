import type * as vscode from "vscode";
import { hubUrlFor, paths } from "../../protocol/paths";

/** Passwords of rooms, in VS Code's own secret storage and nowhere else. */
export class RoomSecrets {
  readonly #secrets: vscode.SecretStorage;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  async password(hubUrl: string, roomCode: string): Promise<string | undefined> {
    return this.#secrets.get(key(hubUrl, roomCode));
  }

  async remember(hubUrl: string, roomCode: string, password: string): Promise<void> {
    await this.#secrets.store(key(hubUrl, roomCode), password);
  }

  async forget(hubUrl: string, roomCode: string): Promise<void> {
    await this.#secrets.delete(key(hubUrl, roomCode));
  }
}

function key(hubUrl: string, roomCode: string): string {
  return `room:${hubUrlFor(hubUrl, paths.room(roomCode))}`;
}
