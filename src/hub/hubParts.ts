import type { ServerResponse } from "node:http";
import type { Clock } from "../common/clock";
import type { BodyReader } from "./bodyReader";
import type { ByteBudget } from "./byteBudget";
import type { Dispatchers } from "./dispatchers";
import type { JsonAnswers } from "./jsonAnswers";
import type { HubLimits } from "./limits";
import type { Logger } from "./logger";
import type { AccessParts } from "./makeAccess";
import type { Prometheus } from "./prometheus";
import type { ResponseRegistry } from "./responseRegistry";
import type { Room } from "./room";
import type { RoomRegistry } from "./roomRegistry";

/** What the routes of one hub work with. */
export interface HubParts extends AccessParts {
  readonly clock: Clock;
  readonly limits: HubLimits;
  /** Memory for long messages that requesters have not taken. */
  readonly unsent: ByteBudget;
  readonly version: string;
  /** Rooms are open where their maker does not say. */
  readonly isOpen: boolean;
  readonly registry: RoomRegistry;
  readonly responses: ResponseRegistry;
  readonly bodies: BodyReader;
  readonly answers: JsonAnswers;
  readonly logger: Logger;
  readonly prometheus: Prometheus;
  readonly dispatchers: Dispatchers;
  /** Takes a response over as a stream of the room's events. */
  watch(room: Room, response: ServerResponse, lastEventId?: string): void;
}
