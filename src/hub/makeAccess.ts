import type { Clock } from "../common/clock";
import { Access } from "./access";
import { FailedAttempts } from "./failedAttempts";
import type { HubLimits } from "./limits";
import { MemberStreams } from "./memberStreams";
import type { Passwords } from "./password";
import { RequestRate } from "./requestRate";
import type { RoomRegistry } from "./roomRegistry";
import { TunnelDoor } from "./tunnelDoor";

export interface AccessParts {
  readonly access: Access;
  readonly door: TunnelDoor;
  readonly memberStreams: MemberStreams;
  readonly requests: RequestRate;
  /** Rooms that are made. */
  readonly newRooms: RequestRate;
}

export interface AccessNeeds {
  clock: Clock;
  limits: HubLimits;
  registry: RoomRegistry;
  passwords: Passwords;
  isOpen: boolean;
}

/** All that decides who may do what on one hub, and how often. */
export function makeAccess({ clock, limits, ...needs }: AccessNeeds): AccessParts {
  const wrongTokens = new FailedAttempts(clock, limits.slowedAddresses);
  const wrongPasswords = new FailedAttempts(clock, limits.slowedAddresses);
  const requests = new RequestRate(clock, limits.requestsPerMinute, limits.countedClients);
  return {
    access: new Access({ ...needs, clock, wrongTokens, wrongPasswords, requests }),
    door: new TunnelDoor({ ...needs, clock, wrongTokens, requests }),
    memberStreams: new MemberStreams(),
    requests,
    newRooms: new RequestRate(clock, limits.roomsPerMinute, limits.countedClients),
  };
}
