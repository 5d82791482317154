import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../common/clock";
import { type Disposable, toDisposable } from "../common/disposable";
import { Emitter } from "../common/event";
import { MAX_LISTED_BYTES, PARTICIPANT_TIMEOUT } from "../protocol/constants";
import type { RoomEvent } from "../protocol/events";
import type { Selector } from "../protocol/inference";
import type { HeartbeatBody, ParticipantStatus } from "../protocol/participant";
import type { RoomSummary } from "../protocol/room";
import { tunnelClose } from "../protocol/tunnel";
import { toPublicConfig } from "./defaults";
import { defaultLimits } from "./limits";
import { Owners } from "./owners";
import type { ParticipantLink } from "./participantLink";
import { ParticipantPlaces } from "./participantPlaces";
import { type Card, listedBytes, ParticipantRecord } from "./participantRecord";
import { limitReached, type Refusal } from "./refusal";
import type { RoomFacts } from "./roomFacts";
import type { StoredOwner, StoredRoom } from "./roomStore";
import { type Choice, chooseParticipant, type Target, targetOf } from "./selector";
import { toStored } from "./storedFacts";
import type { TunnelClose } from "./tunnel";
import { UpdatePace } from "./updatePace";
import { whoGivesWay } from "./whoGivesWay";

/** What happened in a room, but for when and where: the room adds both. */
export type RoomNews = RoomEvent extends infer E
  ? E extends RoomEvent
    ? Pick<E, "type" | "data">
    : never
  : never;

/** A group of participants. Knows no HTTP and no socket; whatever changes is told as an event, once. */
export class Room {
  #facts: RoomFacts;
  readonly #clock: Clock;
  readonly #maxParticipants: number;
  readonly #places: ParticipantPlaces;
  readonly owners: Owners;
  readonly #participants = new Map<string, ParticipantRecord>();
  readonly #onDidHappen = new Emitter<RoomEvent>();
  readonly #onDidFree = new Emitter<ParticipantRecord>();
  readonly #onDidLose = new Emitter<ParticipantRecord>();
  readonly #onWillClose = new Emitter<TunnelClose>();
  readonly #onDidClose = new Emitter<void>();
  readonly #updatePace = new UpdatePace();
  /** Changed more often than is told at once: what they are by then is told with the next sweep. */
  readonly #late = new Set<ParticipantRecord>();
  /** The status that those who watch know. */
  readonly #told = new WeakMap<ParticipantRecord, ParticipantStatus>();
  #endsBy: TunnelClose | undefined;
  #requestCount = 0;
  #listBytes = 0;

  readonly onDidHappen = this.#onDidHappen.event;
  /** A participant can take a request that it could not take before. */
  readonly onDidFree = this.#onDidFree.event;
  /** A participant turned offline, left, failed, or shares something else now. */
  readonly onDidLose = this.#onDidLose.event;
  /** Fires before its tunnels close, perhaps twice: nothing is begun any more. */
  readonly onWillClose = this.#onWillClose.event;
  /** Fires once, after the last event: whoever watches it has nothing more to expect. */
  readonly onDidClose = this.#onDidClose.event;

  /** @param owners of the ids that are taken since the hub ran before @param places which all rooms of the hub share */
  constructor(
    facts: RoomFacts,
    clock: Clock,
    maxParticipants: number,
    owners: readonly StoredOwner[] = [],
    places = new ParticipantPlaces(defaultLimits),
  ) {
    this.#facts = facts;
    this.#clock = clock;
    this.#maxParticipants = maxParticipants;
    this.#places = places;
    this.owners = new Owners({
      maxParticipants,
      isPresent: (id) => this.#participants.has(id),
      bytes: places.owners,
      stored: owners,
      awaitedUntil: clock.monotonic() + PARTICIPANT_TIMEOUT,
    });
  }

  get facts(): RoomFacts {
    return this.#facts;
  }

  /** Why nothing is begun any more; undefined while it is. */
  get endsBy(): TunnelClose | undefined {
    return this.#endsBy;
  }

  /** What the host changed, once it is stored. */
  replaceFacts(facts: RoomFacts): void {
    const before = this.toSummary();
    this.#facts = facts;
    // A new token is nobody's news.
    if (isDeepStrictEqual(before, this.toSummary())) return;
    this.tell({ type: "room.updated", data: this.toSummary() });
  }

  get participants(): ParticipantRecord[] {
    return [...this.#participants.values()];
  }

  /** Of the list of its participants, about. */
  get listBytes(): number {
    return this.#listBytes;
  }

  find(participantId: string): ParticipantRecord | undefined {
    return this.#participants.get(participantId);
  }

  /** @param network from where it comes @throws Refusal where there is no place for it */
  register(id: string, card: Card, network = ""): { record: ParticipantRecord; created: boolean } {
    const known = this.#participants.get(id);
    const bytes = listedBytes(id, card);
    if (known) {
      const listBytes = this.#listBytes - known.listedBytes + bytes;
      if (listBytes > MAX_LISTED_BYTES) throw roomFull();
      this.#places.take(known, network, card);
      this.#updateCard(known, card);
      known.listedBytes = bytes;
      this.#listBytes = listBytes;
      return { record: known, created: false };
    }
    const record = new ParticipantRecord(id, card, this.#clock);
    this.#places.take(record, network, card);
    if (!this.#makePlace(network, bytes)) {
      this.#places.release(record);
      throw roomFull();
    }
    this.#participants.set(id, record);
    record.listedBytes = bytes;
    this.#listBytes += bytes;
    this.#told.set(record, record.status);
    this.tell({ type: "participant.joined", data: record.toInfo() });
    return { record, created: true };
  }

  /** In a full room one address must not keep all others from sharing. @returns whether there is place, then */
  #makePlace(network: string, bytes: number): boolean {
    const isFull = () =>
      this.#participants.size >= this.#maxParticipants || this.#listBytes + bytes > MAX_LISTED_BYTES;
    while (isFull()) {
      const { participants } = this;
      const inOrder = [
        ...participants.filter(({ tunnel }) => tunnel),
        ...participants.filter(({ tunnel }) => !tunnel),
      ];
      const found = whoGivesWay(inOrder, (each) => this.#places.networkOf(each), network);
      if (!found) return false;
      this.#drop(found);
    }
    return true;
  }

  /** For the id's owner, or for its first. @returns the token that shows it, for the first, and whether something is to be stored */
  claim(id: string, address: string): { token: string | undefined; changed: boolean } {
    if (this.owners.find(id)) return { token: undefined, changed: this.owners.moved(id, address) };
    return { token: this.owners.claim(id, address), changed: true };
  }

  heartbeat(record: ParticipantRecord, body: HeartbeatBody): void {
    record.hearHeartbeat(body);
    this.#refresh(record);
  }

  /** @returns false where it is not there (any more). */
  remove(record: ParticipantRecord): boolean {
    if (!this.#drop(record)) return false;
    this.owners.release(record.id);
    return true;
  }

  /** It is not listed any more; its id stays its owner's. */
  #drop(record: ParticipantRecord): boolean {
    if (this.#participants.get(record.id) !== record) return false;
    this.#participants.delete(record.id);
    this.#late.delete(record);
    this.#places.release(record);
    this.#listBytes -= record.listedBytes;
    const { tunnel } = record;
    record.tunnel = undefined;
    tunnel?.close(tunnelClose.removed);
    this.tell({ type: "participant.left", data: { participantId: record.id } });
    this.#onDidLose.fire(record);
    return true;
  }

  /** Gives a participant its tunnel; an earlier one is superseded. */
  connect(record: ParticipantRecord, tunnel: ParticipantLink): void {
    const earlier = record.tunnel;
    record.beginTunnel(tunnel);
    tunnel.onDidSay((word) => {
      if (record.tunnel !== tunnel) return;
      record.hearWord(word);
      this.#refresh(record);
    });
    tunnel.onDidClose(() => {
      if (record.tunnel !== tunnel) return;
      record.tunnel = undefined;
      this.#refresh(record);
    });
    earlier?.close(tunnelClose.superseded);
    this.#refresh(record);
  }

  /** Who a selector means here and now. */
  targetOf(selector: Selector): Target {
    return targetOf(selector, (id) => this.#participants.has(id));
  }

  /** @param suits whether one that is meant can serve this very request. */
  choose(target: Target, suits?: (record: ParticipantRecord) => boolean): Choice<ParticipantRecord> {
    return chooseParticipant(target, this.#meantBy(target), suits);
  }

  /** Takes one of the participant's slots; disposing gives it back, once. */
  takeSlot(record: ParticipantRecord): Disposable {
    record.active++;
    record.lastUsed = ++this.#requestCount;
    const running = record.pace.begin(this.#clock.monotonic());
    this.#refresh(record);
    return toDisposable(() => {
      record.active--;
      running.dispose();
      this.#refresh(record);
    });
  }

  /** Others are asked before it for a while. */
  failed(record: ParticipantRecord): void {
    record.failures.failed(this.#clock.monotonic());
    this.#onDidLose.fire(record);
  }

  /** What only the passing of time changes. @param awakeSince nobody could be heard before, of `monotonic` */
  sweep(awakeSince: number, tunnelSilenceMs: number): void {
    this.#tellLate();
    const sinceMs = (time: number) => this.#clock.monotonic() - Math.max(time, awakeSince);
    for (const record of this.participants) {
      const { tunnel } = record;
      const recovers = record.age(awakeSince);
      if (tunnel && sinceMs(tunnel.silentSince) >= tunnelSilenceMs) tunnel.close(tunnelClose.timedOut);
      this.#refresh(record);
      if (recovers && record.status === "online") this.#onDidFree.fire(record);
      if (record.hasLeft(awakeSince)) this.#drop(record);
    }
  }

  /** Tells everyone who watches. */
  tell(news: RoomNews): void {
    this.#onDidHappen.fire({ ...news, timestamp: this.#clock.now(), roomCode: this.facts.code } as RoomEvent);
  }

  toSummary(): RoomSummary {
    // Named one by one: whatever a room is given to keep stays with the hub.
    const { id, code, name, hostId, createdAt, access, passwordHash, defaults } = this.facts;
    return {
      ...{ id, code, name, hostId, createdAt, access },
      participantCount: this.#participants.size,
      passwordProtected: passwordHash !== undefined,
      ...(defaults && { defaults: toPublicConfig(defaults) }),
    };
  }

  /** What a store keeps of it. @param facts other than its own where they are yet to become so */
  toStored(facts = this.#facts): StoredRoom {
    return toStored(facts, this.owners.toStored());
  }

  /** Refuses what waits, and begins nothing any more. */
  windDown(why: TunnelClose): void {
    this.#endsBy = why;
    this.#onWillClose.fire(why);
  }

  /** Ends what its participants serve. */
  close(why: TunnelClose): void {
    this.windDown(why);
    for (const record of this.participants) {
      record.tunnel?.close(why);
      this.#places.release(record);
    }
    this.#onDidHappen.dispose();
    this.#onDidClose.fire();
    for (const emitter of [this.#onDidFree, this.#onDidLose, this.#onWillClose, this.#onDidClose])
      emitter.dispose();
  }

  /** Those among whom to look: one participant is found without looking at the others. */
  #meantBy(target: Target): Iterable<ParticipantRecord> {
    if (target.kind !== "participant") return this.#participants.values();
    const record = this.#participants.get(target.id);
    return record ? [record] : [];
  }

  #updateCard(record: ParticipantRecord, card: Card): void {
    const changed = record.replaceCard(card);
    record.hear();
    // A larger capacity can free it: then that change is told with the card, in one event.
    const told = this.#refresh(record);
    if (changed && !told) this.#tellUpdate(record);
    if (!changed) return;
    this.#onDidLose.fire(record);
    if (record.status === "online") this.#onDidFree.fire(record);
  }

  /** At once, or with the next sweep where there were too many: a participant must not flood those who watch. */
  #tellUpdate(record: ParticipantRecord): void {
    if (this.#late.has(record)) return;
    if (!this.#updatePace.take(record, this.#clock.monotonic())) {
      this.#late.add(record);
      return;
    }
    const wentOffline = record.status === "offline" && this.#told.get(record) !== "offline";
    this.#told.set(record, record.status);
    this.tell({ type: "participant.updated", data: record.toInfo() });
    if (wentOffline) this.tell({ type: "participant.offline", data: { participantId: record.id } });
  }

  #tellLate(): void {
    const late = [...this.#late];
    this.#late.clear();
    for (const record of late) this.#tellUpdate(record);
  }

  /** @returns whether there was a change to tell. */
  #refresh(record: ParticipantRecord): boolean {
    // A removed participant's last request may end after it left.
    if (this.#participants.get(record.id) !== record) return false;
    const change = record.refresh();
    if (!change) return false;
    this.#tellUpdate(record);
    if (change.wentOffline) this.#onDidLose.fire(record);
    if (record.status === "online") this.#onDidFree.fire(record);
    return true;
  }
}

function roomFull(): Refusal {
  return limitReached("The room is full.", "Remove a participant, or use another room.");
}
