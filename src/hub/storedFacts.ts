import type { RoomFacts } from "./roomFacts";
import type { StoredOwner, StoredRoom } from "./roomStore";

/** A room's facts as a store keeps them. */
export function toStored(facts: RoomFacts, owners: StoredOwner[]): StoredRoom {
  const { passwordHash, ...rest } = facts;
  const password = passwordHash && {
    salt: passwordHash.salt.toString("base64url"),
    key: passwordHash.key.toString("base64url"),
  };
  return { ...rest, ...(password && { password }), owners };
}

export function fromStored({ owners, password, ...facts }: StoredRoom): RoomFacts {
  const passwordHash = password && {
    salt: Buffer.from(password.salt, "base64url"),
    key: Buffer.from(password.key, "base64url"),
  };
  return { ...facts, ...(passwordHash && { passwordHash }) };
}
