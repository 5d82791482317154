import assert from "node:assert/strict";
import { ParticipantSession, type ParticipantSessionOptions } from "../../src/participant/participantSession";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../support/fakeProvider";
import { RawHub, type RawHubOptions, type RawTunnel } from "../support/rawHub";

/** A provider, a raw hub and a session between them; `dispose` ends all three and checks that nothing is left. */
export class Sharing {
  private constructor(
    readonly provider: FakeProvider,
    readonly hub: RawHub,
    readonly session: ParticipantSession,
  ) {}

  /** @param model also the only one that the provider offers. */
  static async prepare({
    model = "llama3:8b",
    provider: providerOptions = {},
    hub: hubOptions = {},
    session: sessionOptions = {},
  }: {
    model?: string;
    provider?: FakeProviderOptions;
    hub?: RawHubOptions;
    session?: Partial<ParticipantSessionOptions>;
  } = {}): Promise<Sharing> {
    const provider = await startFakeProvider({ models: [model], ...providerOptions });
    const hub = await RawHub.start(hubOptions);
    const session = new ParticipantSession({
      hubUrl: hub.url,
      roomCode: "ABC234",
      participantId: "p1",
      nickname: "Ada",
      endpoint: provider.url,
      model,
      ...sessionOptions,
    });
    return new Sharing(provider, hub, session);
  }

  static async start(
    options: Parameters<typeof Sharing.prepare>[0] = {},
  ): Promise<Sharing & { tunnel: RawTunnel }> {
    const sharing = await Sharing.prepare(options);
    await sharing.session.start();
    return Object.assign(sharing, { tunnel: await sharing.hub.tunnel() });
  }

  get chats() {
    return this.provider.requests.filter(
      ({ path, bodyBytes }) => path === "/v1/chat/completions" && bodyBytes > "{}".length,
    );
  }

  async dispose(): Promise<void> {
    await this.session.stop();
    assert.equal(this.session.state.state, "stopped");
    await this.hub.close();
    await this.provider.close();
    assert.equal(this.provider.openSockets, 0);
  }
}

/** Called inside describe(): makes a Sharing for each test that wants one, and disposes it afterwards. */
export function useSharing() {
  let current: Sharing | undefined;
  afterEach(async () => {
    await current?.dispose();
    current = undefined;
  });
  return {
    get current() {
      return current;
    },
    prepare: async (options: Parameters<typeof Sharing.prepare>[0] = {}) => {
      current = await Sharing.prepare(options);
      return current;
    },
    start: async (options: Parameters<typeof Sharing.start>[0] = {}) => {
      const started = await Sharing.start(options);
      current = started;
      return started;
    },
  };
}

/** The two kinds of hub, so that each rule of serving is shown on both. */
export const hubKinds = [
  { kind: "a hub of ours", hub: {} },
  { kind: "a Gambi hub", hub: { features: undefined } },
] as const;

export const ask = (more: Record<string, unknown> = {}) => ({
  model: "anything",
  messages: [{ role: "user", content: "hi" }],
  ...more,
});
