import OpenAI from "openai";
import { createHub, type Hub } from "../../src/hub/createHub";
import { ParticipantSession, type ParticipantSessionOptions } from "../../src/participant/participantSession";
import { createdRoomSchema } from "../../src/protocol/room";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../support/fakeProvider";

/** A hub with one room, what is shared in it, and OpenAI's own client pointed at it. Everything is real but the model. */
export class OpenaiRoom {
  readonly #hub: Hub;
  readonly #code: string;
  readonly #sessions: ParticipantSession[] = [];
  readonly #providers: FakeProvider[] = [];
  readonly client: OpenAI;

  private constructor(hub: Hub, code: string) {
    this.#hub = hub;
    this.#code = code;
    // Without retries: a test wants the first answer. An OpenAI client insists on a key, which an open room ignores.
    this.client = new OpenAI({ baseURL: `${hub.url}/rooms/${code}/v1`, apiKey: "none", maxRetries: 0 });
  }

  static async open(room: Record<string, unknown> = {}): Promise<OpenaiRoom> {
    const hub = await createHub({ port: 0, open: true });
    const answer = await fetch(`${hub.url}/v1/rooms`, {
      method: "POST",
      body: JSON.stringify({ name: "Team", ...room }),
    });
    const { data } = (await answer.json()) as { data: unknown };
    return new OpenaiRoom(hub, createdRoomSchema.parse(data).room.code);
  }

  /** Shares one model of a new fake provider under an id. */
  async share(
    participantId: string,
    model: string,
    provider: FakeProviderOptions = {},
    options: Partial<ParticipantSessionOptions> = {},
  ): Promise<FakeProvider> {
    const fake = await startFakeProvider({ models: [model], ...provider });
    this.#providers.push(fake);
    const session = new ParticipantSession({
      hubUrl: this.#hub.url,
      roomCode: this.#code,
      participantId,
      nickname: `nick-${participantId}`,
      endpoint: fake.url,
      model,
      ...options,
    });
    this.#sessions.push(session);
    await session.start();
    return fake;
  }

  async status(participantId: string): Promise<string | undefined> {
    const answer = await fetch(`${this.#hub.url}/v1/rooms/${this.#code}/participants`);
    const { data } = (await answer.json()) as { data: { id: string; status: string }[] };
    return data.find(({ id }) => id === participantId)?.status;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.stop()));
    await this.#hub.close();
    await Promise.all(this.#providers.map((provider) => provider.close()));
  }
}
