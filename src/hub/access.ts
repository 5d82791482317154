import type { Clock } from "../common/clock";
import { networkOf } from "./clientAddress";
import type { Credentials } from "./credentials";
import type { FailedAttempts } from "./failedAttempts";
import type { Owner } from "./owners";
import type { PasswordProof, Passwords } from "./password";
import { forbidden, Refusal, roomNotFound, unauthorized } from "./refusal";
import type { RequestRate } from "./requestRate";
import type { Room } from "./room";
import type { RoomRegistry } from "./roomRegistry";
import { sameHash } from "./token";

/** A request for something under a room, before anybody decided on it. */
export interface Visit {
  readonly code: string;
  readonly method: string;
  /** As the routes see it. */
  readonly path: string;
  readonly credentials: Credentials;
  readonly address: string;
}

/** What the guard found out about a visit. A route takes its room from here and from nowhere else. */
export interface Entrance {
  /** Absent where there is none: on an open hub the route says so, elsewhere those that a password opens must not tell. */
  readonly room: Room | undefined;
  readonly role: Role;
  readonly credentials: Credentials;
  readonly address: string;
}

/** By which of the room's tokens somebody came; `anyone` came with none of them. */
export type Role = "host" | "member" | "anyone";

const heartbeatPath = /^\/v1\/rooms\/[^/]+\/participants\/([^/]+)\/heartbeat$/;

/** In a protected room, what a visitor without its token may ask for: each has its own key, which its route looks at. */
const exceptions: readonly { method: string; path: RegExp; key: "password" | "owner" | "tunnelToken" }[] = [
  { method: "POST", path: /^\/v1\/rooms\/[^/]+\/token$/, key: "password" },
  { method: "PUT", path: /^\/v1\/rooms\/[^/]+\/participants\/[^/]+$/, key: "password" },
  { method: "PUT", path: /^\/v1\/rooms\/[^/]+\/participants\/([^/]+)$/, key: "owner" },
  { method: "DELETE", path: /^\/v1\/rooms\/[^/]+\/participants\/([^/]+)$/, key: "owner" },
  { method: "POST", path: heartbeatPath, key: "owner" },
  { method: "GET", path: /^\/v1\/rooms\/[^/]+\/participants\/[^/]+\/tunnel$/, key: "tunnelToken" },
];

/** Ours come every 10 s; one that comes sooner after the last counts like any request, ms. */
const FREE_HEARTBEAT_MS = 1_000;

export interface AccessOptions {
  registry: RoomRegistry;
  /** On such a hub codes are no secret: an unknown one is answered as such. */
  isOpen: boolean;
  passwords: Passwords;
  wrongTokens: FailedAttempts;
  /** Counted apart: a program that goes on with a voided token must not keep people from typing a password. */
  wrongPasswords: FailedAttempts;
  requests: RequestRate;
  clock: Clock;
}

/** Decides for every route under a room who may pass, and for participants' routes whose they are. */
export class Access {
  readonly #options: AccessOptions;
  readonly #registry: RoomRegistry;
  readonly #isOpen: boolean;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#registry = options.registry;
    this.#isOpen = options.isOpen;
  }

  /** Counts a request, and decides on it. @throws Refusal, the same for a room that is not there and a token that does not fit */
  enter({ code, method, path, credentials, address }: Visit): Entrance {
    const room = this.#registry.find(code);
    const entrance = { room, role: roleIn(room, credentials), credentials, address };
    if (!this.#isDueHeartbeat(entrance, method, path)) this.#options.requests.count(clientOf(entrance));
    const isGuarded = room ? room.facts.access === "protected" : !this.#isOpen;
    if (!isGuarded || entrance.role !== "anyone") return entrance;
    for (const { key, path: pattern, ...exception } of exceptions) {
      const match = exception.method === method ? pattern.exec(path) : null;
      if (!match) continue;
      if (key !== "owner" || holds(entrance, room?.owners.find(decode(match[1] ?? "")))) return entrance;
    }
    throw this.#refused(entrance, unauthorized());
  }

  /** A participant's heartbeats are its duty, and no load; more of them than one a second are neither. */
  #isDueHeartbeat(entrance: Entrance, method: string, path: string): boolean {
    const [, id] = (method === "POST" && heartbeatPath.exec(path)) || [];
    const record = id === undefined ? undefined : entrance.room?.find(decode(id));
    if (!record || !this.#mayChange(entrance, record.id)) return false;
    return this.#options.clock.monotonic() - record.seenAt >= FREE_HEARTBEAT_MS;
  }

  /** On an open hub it is said at once that a room is not there. @throws Refusal */
  refuseUnknown({ room }: Entrance): void {
    if (!room && this.#isOpen) throw roomNotFound();
  }

  /** After a body, which may come slowly: the host may have voided what it was let in with. @throws Refusal */
  refuseVoided({ room, role, credentials }: Entrance): void {
    const isVoid = role !== "anyone" && roleIn(room, credentials) === "anyone";
    if (isVoid && room?.facts.access === "protected") throw unauthorized();
  }

  /** Whether the rooms' list shows it to whoever has these. */
  lists(room: Room, credentials: Credentials): boolean {
    return room.facts.access === "open" || roleIn(room, credentials) !== "anyone";
  }

  /** Whether these are of some room's host. */
  isHost(credentials: Credentials): boolean {
    return this.#registry.rooms.some((room) => roleIn(room, credentials) === "host");
  }

  /** Who may register that id: checks the room's password where nothing else opens it. @throws Refusal */
  async admitRegistration(entrance: Entrance, id: string, password: string | undefined): Promise<Room> {
    const { room, credentials } = entrance;
    // Anew: its body came after it was let in, and its token may be void by now.
    const role = roleIn(room, credentials);
    const needsPassword = room?.facts.access !== "open" || room.facts.passwordHash !== undefined;
    if (needsPassword && role === "anyone" && !holds(entrance, room?.owners.find(id))) {
      await this.#checkPassword(entrance, password);
    }
    const found = this.#stillThere(entrance);
    this.refuseStranger(entrance, id);
    return found;
  }

  /** @returns what shows that the password was right. @throws Refusal */
  async exchange(entrance: Entrance, password: string): Promise<{ room: Room; proof: PasswordProof }> {
    const proof = await this.#checkPassword(entrance, password);
    return { room: this.#stillThere(entrance), proof };
  }

  /** A participant is its owner's and the host's. @throws Refusal */
  refuseStranger(entrance: Entrance, id: string): void {
    if (!this.#mayChange(entrance, id)) throw this.#refused(entrance, forbidden());
  }

  #mayChange(entrance: Entrance, id: string): boolean {
    const owner = entrance.room?.owners.find(id);
    if (!owner || entrance.role === "host" || holds(entrance, owner)) return true;
    return isNeighbour(entrance, owner);
  }

  /** The id is from now on whoever registers it first. @returns the token that shows it, to the first; it is kept nowhere */
  claim(entrance: Entrance, room: Room, id: string): string | undefined {
    const owner = room.owners.find(id);
    // The host changed somebody's card: it is not the host's by that.
    if (owner && !holds(entrance, owner)) return undefined;
    return this.#registry.claim(room, id, entrance.address);
  }

  /** The room, for its host alone. @throws Refusal */
  roomOfHost(entrance: Entrance): Room {
    const room = this.#stillThere(entrance);
    if (entrance.role !== "host")
      throw forbidden("Only the room's host may do that.", "Send the host token.");
    return room;
  }

  async #checkPassword({ room, address }: Entrance, password = ""): Promise<PasswordProof> {
    const refusal = room?.facts.access === "open" ? wrongPassword() : unauthorized();
    // Nobody's guess: it tells nothing, and is nothing to be slowed for.
    if (password === "") throw refusal;
    const attempt = this.#options.wrongPasswords.begin(address);
    const proof = await this.#options.passwords.verify(password, room?.facts.passwordHash);
    if (!proof) throw refusal;
    attempt.succeed();
    return proof;
  }

  /** Whoever shows a token that does not fit is slowed; whoever shows none learns nothing by it. */
  #refused({ credentials, address }: Entrance, refusal: Refusal): Refusal {
    const { bearerHash, participantHash } = credentials;
    if (bearerHash !== undefined || participantHash !== undefined) this.#options.wrongTokens.begin(address);
    return refusal;
  }

  /** After an await: the host may have closed the room meanwhile. @throws Refusal */
  #stillThere({ room }: Entrance): Room {
    if (room && this.#registry.find(room.facts.code) === room) return room;
    throw this.#isOpen ? roomNotFound() : unauthorized();
  }
}

/** Whoever shows one of the room's tokens is a client apart from others at the same address. */
function clientOf({ role, credentials, address }: Entrance): string {
  const network = networkOf(address);
  return role === "anyone" ? network : `${network} ${credentials.bearerHash}`;
}

/** Compares with each hash, and with none in the same time where there is no room. */
export function roleIn(room: Room | undefined, { bearerHash }: Credentials): Role {
  // Whoever shows nothing learns nothing by how long it takes.
  if (bearerHash === undefined) return "anyone";
  const facts = room?.facts;
  const isHost = sameHash(bearerHash, facts?.hostTokenHash);
  const isMember = [facts?.memberTokenHash, facts?.passwordTokenHash].map((kept) =>
    sameHash(bearerHash, kept),
  );
  if (isHost) return "host";
  return isMember.includes(true) ? "member" : "anyone";
}

/** Whether it came with the participant's own token. */
function holds({ credentials }: Entrance, owner: Owner | undefined): boolean {
  const { bearerHash, participantHash } = credentials;
  if (bearerHash === undefined && participantHash === undefined) return false;
  const isBearer = sameHash(bearerHash, owner?.tokenHash);
  return sameHash(participantHash, owner?.tokenHash) || isBearer;
}

/** In an open room Gambi's own tools, which know no tokens, are told by the address from which they registered. */
function isNeighbour({ room, credentials, address }: Entrance, owner: Owner): boolean {
  const { bearerHash, participantHash } = credentials;
  const showsNothing = bearerHash === undefined && participantHash === undefined;
  return room?.facts.access === "open" && showsNothing && owner.address === address;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // As Hono does.
  }
}

function wrongPassword(): Refusal {
  return new Refusal(401, "INVALID_PASSWORD", "Invalid password.", "Ask the room's host for it.");
}
