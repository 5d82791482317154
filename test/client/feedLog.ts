import { RoomFeed, type RoomFeedOptions } from "../../src/client/roomFeed";
import type { FeedPhase, RoomState } from "../../src/client/roomState";
import { eventually } from "../support/eventually";

/** A feed and every state that it fired. */
export class FeedLog {
  readonly feed: RoomFeed;
  readonly states: RoomState[] = [];

  constructor(options: RoomFeedOptions) {
    this.feed = new RoomFeed(options);
    this.feed.onDidChangeState((state) => this.states.push(state));
  }

  get phases(): FeedPhase["state"][] {
    return this.states.map(({ phase }) => phase.state).filter((phase, at, all) => phase !== all[at - 1]);
  }

  /** Each participant with its status, e.g. "a online". */
  get people(): string[] {
    return [...this.feed.state.participants.values()].map(({ id, status }) => `${id} ${status}`);
  }

  async phase<T extends FeedPhase["state"]>(state: T): Promise<Extract<FeedPhase, { state: T }>> {
    await eventually(() => this.feed.state.phase.state === state);
    return this.feed.state.phase as Extract<FeedPhase, { state: T }>;
  }

  async shows(...people: string[]): Promise<void> {
    await eventually(() => {
      if (JSON.stringify(this.people) === JSON.stringify(people)) return true;
      throw new Error(`shows ${this.people.join(", ")} in place of ${people.join(", ")}`);
    });
  }
}
