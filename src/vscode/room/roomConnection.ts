import type { FoundHub } from "../../client/discoverHubs";
import type { HubClient, HubClientOptions } from "../../client/hubClient";
import type { RoomFeed, RoomFeedOptions } from "../../client/roomFeed";
import type { RoomState } from "../../client/roomState";
import type { Disposable } from "../../common/disposable";
import { Emitter, type Event } from "../../common/event";
import { HumanError } from "../../common/humanError";
import { normaliseRoomCode } from "../../protocol/room";
import type { RoomKeys } from "./roomSecrets";

export type ConnectionState =
  | { readonly state: "left" }
  | { readonly state: "connecting"; readonly hubUrl: string; readonly roomCode: string }
  /** Joining failed; nothing is retried until the user or auto-join asks. */
  | {
      readonly state: "failed";
      readonly hubUrl: string;
      readonly roomCode: string;
      readonly error: HumanError;
    }
  /** `room.phase` says how true it is at the moment: a lost hub is still a joined room. */
  | {
      readonly state: "joined";
      readonly hubUrl: string;
      readonly room: RoomState;
      /** The user made the room, and has its host token. */
      readonly isHost: boolean;
    };

/** Which room, and as whom. */
export interface JoinTarget {
  readonly hubUrl: string;
  readonly roomCode: string;
  readonly nickname: string;
}

/** Ends by itself; rejects where this machine cannot listen, or the signal aborted. */
export type HubSearch = (onFound: (hub: FoundHub) => void, signal: AbortSignal) => Promise<unknown>;

/** How a connection reaches a hub; made only when needed, so that activation loads no network code. */
export interface HubAccess {
  openHub(hubUrl: string, keys?: Pick<HubClientOptions, "token" | "fingerprint">): Promise<HubClient>;
  openFeed(options: RoomFeedOptions): Promise<RoomFeed>;
  /** A search for the hubs of the local network; undefined where the user's environment switches it off. */
  discoverHubs(): Promise<HubSearch | undefined>;
}

/** The window's one room, or none. Owns the feed; everything that shows the room reads `state`. */
export class RoomConnection {
  readonly #access: HubAccess;
  readonly #readKeys: (hubUrl: string, roomCode: string) => Promise<RoomKeys>;
  readonly #changed = new Emitter<ConnectionState>();
  /** Fires on a change only. */
  readonly onDidChangeState: Event<ConnectionState> = this.#changed.event;
  #state: ConnectionState = { state: "left" };
  #target: JoinTarget | undefined;
  #keys: RoomKeys = {};
  #feed: RoomFeed | undefined;
  #watching: Disposable | undefined;
  #joining: AbortController | undefined;

  /** @param readKeys what opens a room, asked for at each join */
  constructor(access: HubAccess, readKeys: (hubUrl: string, roomCode: string) => Promise<RoomKeys>) {
    this.#access = access;
    this.#readKeys = readKeys;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** What the joined room's hub says that it can; undefined until it has said so. */
  get features(): readonly string[] | undefined {
    return this.#feed?.features;
  }

  /** What opens the joined room; empty where nothing has to. Secrets. */
  get keys(): RoomKeys {
    return this.#keys;
  }

  /** With which every call to the joined room's hub is made. */
  get credentials(): { token: string | undefined; fingerprint: string | undefined } {
    return credentialsOf(this.#keys);
  }

  /** The room that is joined, being joined, or could not be joined. */
  get target(): JoinTarget | undefined {
    return this.#target;
  }

  /**
   * Leaves the present room and joins another. `quiet` keeps showing an earlier failure until this try succeeds.
   * Returns whether it joined: a later join or leave overtakes an earlier one without an error.
   * @throws HumanError, which `state` then shows too.
   */
  async join(target: JoinTarget, { quiet = false }: { quiet?: boolean } = {}): Promise<boolean> {
    this.#end();
    const joining = new AbortController();
    this.#joining = joining;
    const roomCode = normaliseRoomCode(target.roomCode);
    this.#target = { ...target, roomCode };
    const { hubUrl } = target;
    if (!quiet) this.#set({ state: "connecting", hubUrl, roomCode });
    try {
      const keys = await this.#readKeys(hubUrl, roomCode);
      const hub = await this.#access.openHub(hubUrl, credentialsOf(keys));
      const room = await hub.getRoom(roomCode, joining.signal);
      if (joining.signal.aborted) return false;
      const feed = await this.#access.openFeed({ hubUrl, room, ...credentialsOf(keys) });
      if (joining.signal.aborted) {
        feed.dispose();
        return false;
      }
      this.#keys = keys;
      this.#follow(feed, hubUrl);
      return true;
    } catch (error) {
      if (joining.signal.aborted) return false;
      const told = error instanceof HumanError ? error : unexpected(error);
      this.#set({ state: "failed", hubUrl, roomCode, error: told });
      throw error;
    }
  }

  /** Idempotent; also gives up a join that is under way. */
  leave(): void {
    this.#end();
    this.#target = undefined;
    this.#set({ state: "left" });
  }

  /** Leaves once `close` has closed the room for everyone, without a word of that end. Where it fails, all is as before. */
  async leaveAfter(close: () => Promise<void>): Promise<void> {
    const feed = this.#feed;
    const { hubUrl } = this.#target ?? {};
    this.#watching?.dispose();
    try {
      await close();
      if (feed === this.#feed) this.leave();
    } catch (error) {
      if (feed && hubUrl !== undefined && feed === this.#feed) this.#follow(feed, hubUrl);
      throw error;
    }
  }

  /** Tries again at once: a lost hub's feed, or a join that failed. Nothing to do otherwise. */
  async reconnectNow(): Promise<void> {
    if (this.#feed && this.#isLost()) this.#feed.reconnectNow();
    else if (this.#state.state === "failed" && this.#target) await this.join(this.#target);
  }

  /**
   * The host changed the room's key: what is handed out from now on is the new one. What is kept for another certificate, which
   * an invite in another window may have named, is for the next join.
   */
  async renewKeys(): Promise<void> {
    const target = this.#target;
    const keys = target && (await this.#readKeys(target.hubUrl, target.roomCode));
    if (!keys || target !== this.#target || !this.#feed) return;
    if (keys.fingerprint === this.#keys.fingerprint) this.#keys = keys;
  }

  dispose(): void {
    this.#end();
    this.#changed.dispose();
  }

  #follow(feed: RoomFeed, hubUrl: string): void {
    this.#feed = feed;
    const isHost = this.#keys.hostToken !== undefined;
    this.#watching = feed.onDidChangeState((room) => this.#set({ state: "joined", hubUrl, room, isHost }));
    this.#set({ state: "joined", hubUrl, room: feed.state, isHost });
  }

  #isLost(): boolean {
    return this.#state.state === "joined" && this.#state.room.phase.state === "lost";
  }

  #end(): void {
    this.#joining?.abort();
    this.#joining = undefined;
    this.#watching?.dispose();
    this.#watching = undefined;
    this.#feed?.dispose();
    this.#feed = undefined;
    this.#keys = {};
  }

  #set(state: ConnectionState): void {
    if (state.state === "left" && this.#state.state === "left") return;
    this.#state = state;
    this.#changed.fire(state);
  }
}

/** The host's token outlives the members': a changed key does not throw its own host out. */
function credentialsOf({ hostToken, memberToken, fingerprint }: RoomKeys) {
  return { token: hostToken ?? memberToken, fingerprint };
}

function unexpected(cause: unknown): HumanError {
  return new HumanError("HUB_REFUSED", "Joining the room failed.", "The log has the details.", { cause });
}
