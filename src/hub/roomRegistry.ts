import { randomInt, randomUUID } from "node:crypto";
import type { Clock } from "../common/clock";
import { type CreateRoom, makeRoomCode, normaliseRoomCode } from "../protocol/room";
import type { HubLimits } from "./limits";
import { hashPassword } from "./password";
import { Refusal } from "./refusal";
import { Room } from "./room";
import type { RoomEvents } from "./roomEvents";

/** The rooms of one hub, by code. */
export class RoomRegistry {
  readonly #clock: Clock;
  readonly #limits: HubLimits;
  readonly #events: RoomEvents;
  readonly #rooms = new Map<string, Room>();

  constructor(clock: Clock, limits: HubLimits, events: RoomEvents) {
    this.#clock = clock;
    this.#limits = limits;
    this.#events = events;
  }

  get rooms(): Room[] {
    return [...this.#rooms.values()];
  }

  find(code: string): Room | undefined {
    return this.#rooms.get(normaliseRoomCode(code));
  }

  async create({ name, password, defaults }: CreateRoom): Promise<Room> {
    this.#refuseWhereFull();
    const passwordHash = password === undefined ? undefined : await hashPassword(password);
    this.#refuseWhereFull();
    const facts = { id: randomUUID(), code: this.#freeCode(), name, hostId: randomUUID() };
    const createdAt = this.#clock.now();
    const room = new Room(
      { ...facts, createdAt, passwordHash, defaults },
      this.#clock,
      this.#limits.participantsPerRoom,
    );
    this.#rooms.set(facts.code, room);
    room.onDidHappen((event) => this.#events.publish(facts.code, event));
    room.tell({ type: "room.created", data: room.toSummary() });
    return room;
  }

  sweep(awakeSince: number): void {
    for (const room of this.#rooms.values()) room.sweep(awakeSince, this.#limits.tunnelSilenceMs);
  }

  close(): void {
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
  }

  #refuseWhereFull(): void {
    if (this.#rooms.size < this.#limits.rooms) return;
    throw new Refusal(
      429,
      "INVALID_REQUEST",
      "The hub has no place for another room.",
      "Use one that is there.",
    );
  }

  #freeCode(): string {
    let code = makeRoomCode(randomInt);
    while (this.#rooms.has(code)) code = makeRoomCode(randomInt);
    return code;
  }
}
