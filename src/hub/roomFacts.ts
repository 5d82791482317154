import type { RuntimeConfig } from "../protocol/participant";
import type { Access } from "../protocol/room";
import type { PasswordHash } from "./password";

/** What a room is, but for who takes part. A store keeps it. */
export interface RoomFacts {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly hostId: string;
  readonly createdAt: number;
  readonly access: Access;
  /** From which network its maker came, so that one address does not take every room; of this machine it is not kept. */
  readonly madeBy?: string;
  readonly hostTokenHash?: string;
  readonly memberTokenHash?: string;
  /** Of the member token that stands for the password, once somebody exchanged it. */
  readonly passwordTokenHash?: string;
  readonly passwordHash?: PasswordHash;
  readonly defaults?: RuntimeConfig;
}
