import { randomInt, randomUUID } from "node:crypto";
import type { Clock } from "../common/clock";
import { Emitter } from "../common/event";
import type { RoomEvent } from "../protocol/events";
import { type Access, type CreateRoom, makeRoomCode, normaliseRoomCode } from "../protocol/room";
import { tunnelClose } from "../protocol/tunnel";
import { isLoopback, networkOf } from "./clientAddress";
import type { HubLimits } from "./limits";
import { ParticipantPlaces } from "./participantPlaces";
import type { Passwords } from "./password";
import type { HubCounts } from "./prometheus";
import { limitReached } from "./refusal";
import { Room } from "./room";
import type { RoomEvents } from "./roomEvents";
import type { RoomFacts } from "./roomFacts";
import { RoomSaver } from "./roomSaver";
import type { RoomStore, StoredOwner, StoredRoom } from "./roomStore";
import { fromStored } from "./storedFacts";
import { hashToken, makeToken } from "./token";

export interface RoomRegistryOptions {
  clock: Clock;
  limits: HubLimits;
  events: RoomEvents;
  passwords: Passwords;
  /** None where rooms end with the hub. */
  store: RoomStore | undefined;
}

/** A new room with its tokens, which are told once and kept nowhere. */
export interface MadeRoom {
  readonly room: Room;
  readonly hostToken: string;
  readonly memberToken: string;
}

/** On a small hub one address may have them all. */
const MIN_ROOMS_PER_ADDRESS = 8;

/** The rooms of one hub, by code. */
export class RoomRegistry {
  readonly #clock: Clock;
  readonly #limits: HubLimits;
  readonly #events: RoomEvents;
  readonly #passwords: Passwords;
  readonly #saver: RoomSaver;
  readonly #places: ParticipantPlaces;
  readonly #rooms = new Map<string, Room>();
  /** Codes of rooms that are being stored, and by whom: taken, though nobody can find them yet. */
  readonly #making = new Map<string, string | undefined>();
  readonly #onDidHappen = new Emitter<RoomEvent>();

  /** What happens in any room. */
  readonly onDidHappen = this.#onDidHappen.event;

  constructor({ clock, limits, events, passwords, store }: RoomRegistryOptions) {
    this.#clock = clock;
    this.#limits = limits;
    this.#events = events;
    this.#passwords = passwords;
    this.#places = new ParticipantPlaces(limits);
    this.#saver = new RoomSaver(store, clock, (room) => this.#rooms.get(room.facts.code) === room);
  }

  /** Rooms, and participants by status. */
  counts(): Pick<HubCounts, "rooms" | "participants"> {
    const participants = { online: 0, busy: 0, offline: 0 };
    for (const room of this.#rooms.values()) {
      for (const { status } of room.participants) participants[status]++;
    }
    return { rooms: this.#rooms.size, participants };
  }

  get rooms(): Room[] {
    return [...this.#rooms.values()];
  }

  find(code: string): Room | undefined {
    return this.#rooms.get(normaliseRoomCode(code));
  }

  /** The rooms of the hub that ran before. */
  restore(stored: readonly StoredRoom[]): void {
    for (const each of stored) this.#add(this.#makeRoom(fromStored(each), each.owners));
    const addresses = stored.flatMap(({ owners }) => owners.map(({ address }) => address));
    for (const network of new Set(addresses.map(networkOf))) this.#forgetSurplus(network);
  }

  /** Resolves once the room is stored. @param address of its maker @throws Refusal */
  async create(
    { name, password, defaults, access }: CreateRoom & { access: Access },
    address?: string,
  ): Promise<MadeRoom> {
    // Whoever is on this machine, or comes through its proxy, may be anybody.
    const madeBy = address === undefined || isLoopback(address) ? undefined : networkOf(address);
    this.#refuseWhereFull(madeBy);
    const passwordHash = password ? await this.#passwords.hash(password) : undefined;
    this.#refuseWhereFull(madeBy);
    const code = this.#freeCode();
    const facts = { id: randomUUID(), code, name, hostId: randomUUID(), createdAt: this.#clock.now() };
    const hostToken = makeToken();
    const memberToken = makeToken();
    const hashes = { hostTokenHash: hashToken(hostToken), memberTokenHash: hashToken(memberToken) };
    const room = this.#makeRoom({ ...facts, access, madeBy, ...hashes, passwordHash, defaults });
    this.#making.set(code, madeBy);
    try {
      await this.#saver.create(room.toStored());
    } finally {
      this.#making.delete(code);
    }
    this.#add(room);
    room.tell({ type: "room.created", data: room.toSummary() });
    return { room, hostToken, memberToken };
  }

  /** See `Room.claim`. An address that has registered too many ids loses those that have been away for longest. */
  claim(room: Room, id: string, address: string): string | undefined {
    const { token, changed } = room.claim(id, address);
    if (changed) this.#saver.saveSoon(room);
    this.#forgetSurplus(networkOf(address));
    return token;
  }

  /** Stores soon whose participants are whose. */
  saveSoon(room: Room): void {
    this.#saver.saveSoon(room);
  }

  /** Changes a room's facts once they are stored, and tells those who watch. @throws Refusal */
  update(room: Room, change: (facts: RoomFacts) => RoomFacts): Promise<void> {
    return this.#saver.update(room, change);
  }

  /** Closes a room for good, once that is stored. @throws Refusal */
  remove(room: Room): Promise<void> {
    return this.#saver.remove(room, () => {
      this.#rooms.delete(room.facts.code);
      room.owners.clear();
      room.tell({ type: "room.closed", data: {} });
      room.close(tunnelClose.roomClosed);
      this.#events.forget(room.facts.code);
    });
  }

  sweep(awakeSince: number): void {
    for (const room of this.#rooms.values()) room.sweep(awakeSince, this.#limits.tunnelSilenceMs);
  }

  /** The hub is about to close: what waits is refused, what runs goes on. */
  windDown(): void {
    for (const room of this.#rooms.values()) room.windDown(tunnelClose.hubShutdown);
  }

  close(): void {
    for (const room of this.#rooms.values()) room.close(tunnelClose.hubShutdown);
  }

  /** Resolves once all that should outlive the hub is stored; idempotent. */
  async flush(): Promise<void> {
    await this.#saver.close();
    this.#rooms.clear();
  }

  #forgetSurplus(network: string): void {
    let crowding = this.#places.owners.crowding(network);
    for (; crowding !== undefined; crowding = this.#places.owners.crowding(network)) {
      let forgot = false;
      for (const room of this.#rooms.values()) {
        if (!room.owners.forgetAway(crowding)) continue;
        forgot = true;
        this.#saver.saveSoon(room);
      }
      // All the others are there.
      if (!forgot) return;
    }
  }

  #makeRoom(facts: RoomFacts, owners: readonly StoredOwner[] = []): Room {
    return new Room(facts, this.#clock, this.#limits.participantsPerRoom, owners, this.#places);
  }

  #add(room: Room): void {
    const { code } = room.facts;
    this.#rooms.set(code, room);
    room.onDidHappen((event) => {
      this.#events.publish(code, event);
      this.#onDidHappen.fire(event);
    });
  }

  #refuseWhereFull(madeBy: string | undefined): void {
    const { rooms } = this.#limits;
    const hint = "Use one that is there, or close one.";
    if (this.#rooms.size + this.#making.size >= rooms)
      throw limitReached("The hub has no place for another room.", hint);
    if (madeBy === undefined) return;
    const makers = [...this.rooms.map(({ facts }) => facts.madeBy), ...this.#making.values()];
    if (makers.filter((each) => each === madeBy).length < partOf(rooms)) return;
    throw limitReached("This address has made as many rooms as it may.", hint);
  }

  #freeCode(): string {
    let code = makeRoomCode(randomInt);
    while (this.#rooms.has(code) || this.#making.has(code)) code = makeRoomCode(randomInt);
    return code;
  }
}

/** Of a hub's rooms, those that one address makes at most. */
function partOf(rooms: number): number {
  return Math.max(Math.ceil(rooms / 4), MIN_ROOMS_PER_ADDRESS);
}
