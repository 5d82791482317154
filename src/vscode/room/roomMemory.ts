import type * as vscode from "vscode";
import { z } from "zod";
import type { JoinTarget } from "./roomConnection";

const windowKey = "room";
const leftKey = "leftRoom";
const askedKey = "askedRooms";
/** Proposals that were answered; older ones are forgotten and may be asked again. */
const MAX_ASKED = 200;

const targetSchema = z.object({ hubUrl: z.string(), roomCode: z.string(), nickname: z.string() });
const windowSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("joined"), target: targetSchema, sessionId: z.string() }),
  z.object({ state: z.literal("left") }),
]);
export type RememberedRoom = z.infer<typeof windowSchema>;

/** Which room this window was in, and which one the user left: what a reload and the next start come back to. */
export class RoomMemory {
  readonly #window: vscode.Memento;
  readonly #everywhere: vscode.Memento;
  readonly #sessionId: string;

  constructor(
    context: Pick<vscode.ExtensionContext, "workspaceState" | "globalState">,
    /** VS Code's own: the same after a reload, another one after a restart. */
    sessionId: string,
  ) {
    this.#window = context.workspaceState;
    this.#everywhere = context.globalState;
    this.#sessionId = sessionId;
  }

  get room(): RememberedRoom | undefined {
    return windowSchema.safeParse(this.#window.get(windowKey)).data;
  }

  isSameSession(room: RememberedRoom): boolean {
    return room.state === "joined" && room.sessionId === this.#sessionId;
  }

  /** Whether the user left this very room last, in whichever window. */
  wasLeft(hubUrl: string, roomCode: string): boolean {
    return this.#everywhere.get(leftKey) === roomKey(hubUrl, roomCode);
  }

  async rememberJoined(target: JoinTarget): Promise<void> {
    const room: RememberedRoom = { state: "joined", target: { ...target }, sessionId: this.#sessionId };
    await this.#window.update(windowKey, room);
    if (this.wasLeft(target.hubUrl, target.roomCode)) await this.#everywhere.update(leftKey, undefined);
  }

  async rememberLeft(target: JoinTarget): Promise<void> {
    await this.#window.update(windowKey, { state: "left" } satisfies RememberedRoom);
    await this.#everywhere.update(leftKey, roomKey(target.hubUrl, target.roomCode));
  }

  wasAsked(hubUrl: string, roomCode: string): boolean {
    return this.#asked.includes(roomKey(hubUrl, roomCode));
  }

  async rememberAsked(hubUrl: string, roomCode: string): Promise<void> {
    const asked = [...this.#asked, roomKey(hubUrl, roomCode)];
    await this.#everywhere.update(askedKey, asked.slice(-MAX_ASKED));
  }

  get #asked(): readonly string[] {
    return this.#everywhere.get<readonly string[]>(askedKey, []);
  }
}

function roomKey(hubUrl: string, roomCode: string): string {
  return `${hubUrl} ${roomCode.toUpperCase()}`;
}
