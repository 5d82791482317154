import { createApp } from "../../src/hub/app";
import { BodyReader } from "../../src/hub/bodyReader";
import { ByteBudget } from "../../src/hub/byteBudget";
import { Dispatchers } from "../../src/hub/dispatchers";
import { JsonAnswers } from "../../src/hub/jsonAnswers";
import { defaultLimits } from "../../src/hub/limits";
import { silentLogger } from "../../src/hub/logger";
import { makeAccess } from "../../src/hub/makeAccess";
import { MemoryRoomEvents } from "../../src/hub/memoryRoomEvents";
import { Passwords } from "../../src/hub/password";
import { Prometheus } from "../../src/hub/prometheus";
import { ResponseRegistry } from "../../src/hub/responseRegistry";
import { RoomRegistry } from "../../src/hub/roomRegistry";
import { MemoryRoomStore } from "../../src/hub/roomStore";
import { FakeClock } from "./fakeClock";

/** Every route of a hub as its router has it, so that a test misses none that is added later. */
export function hubRoutes(): { method: string; path: string }[] {
  const clock = new FakeClock();
  const limits = defaultLimits;
  const events = new MemoryRoomEvents(clock, { count: 1, bytes: 1, bytesTogether: 1, unwatchedMs: 1 });
  const passwords = new Passwords();
  const registry = new RoomRegistry({ clock, limits, events, passwords, store: new MemoryRoomStore() });
  const app = createApp({
    ...{ clock, limits, registry, version: "0", isOpen: false },
    ...makeAccess({ clock, limits, registry, passwords, isOpen: false }),
    responses: new ResponseRegistry(),
    answers: new JsonAnswers(clock, limits),
    bodies: new BodyReader(clock, limits),
    unsent: new ByteBudget({ together: 1, perAddress: 1 }, "long answers"),
    dispatchers: new Dispatchers(clock, limits),
    watch: () => {},
    logger: silentLogger,
    prometheus: new Prometheus(() => ({ ...registry.counts(), watchers: 0, waiting: 0 })),
  });
  const routes = app.routes.filter(({ method }) => method !== "ALL");
  return routes.map(({ method, path }) => ({ method, path }));
}
