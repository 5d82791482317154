import { HubClient } from "../client/hubClient";
import { discoverProviders } from "../participant/discoverProviders";
import { readMachineSpecs } from "../participant/machineSpecs";
import { ParticipantSession } from "../participant/participantSession";
import type { ProviderInfo } from "../participant/provider";
import { hubUrlFor, paths } from "../protocol/paths";
import type { Closers } from "./closers";
import { demoAnswer } from "./demoAnswer";
import { startDemoProvider } from "./demoProvider";
import { participantIdFor } from "./participantId";

/** More would only fill the list. */
const MAX_MODELS = 3;
const demoModels = ["demo-small", "demo-large"] as const;

export interface DemoRoom {
  hubUrl: string;
  roomCode: string;
}

interface Offer {
  nickname: string;
  endpoint: string;
  model: string;
}

/** Shares the models of a provider of this machine, else those of the built-in demo. Resolves to who shares what. */
export async function startDemoParticipants(
  room: DemoRoom,
  closers: Closers,
  signal: AbortSignal,
): Promise<string[]> {
  const offers = offersOf(await discoverProviders(signal)) ?? (await demoOffers(room, closers));
  const specs = await readMachineSpecs();
  for (const offer of offers) {
    const session = new ParticipantSession({
      ...room,
      ...offer,
      specs,
      participantId: participantIdFor({ roomCode: room.roomCode, ...offer }),
    });
    closers.add(`the share of ${offer.model}`, () => session.stop());
    await session.start(signal);
  }
  return offers.map(({ nickname, model }) => `${nickname} shares ${model}`);
}

/** Undefined where no provider has a model that chats. */
export function offersOf(providers: readonly ProviderInfo[]): Offer[] | undefined {
  for (const { name, endpoint, models } of providers) {
    // Names are all that a list of models tells; an embedding model cannot chat.
    const chatting = models.filter((model) => !/embed|rerank|whisper|tts/i.test(model)).slice(0, MAX_MODELS);
    if (chatting.length > 0) return chatting.map((model) => ({ nickname: `${name} here`, endpoint, model }));
  }
  return undefined;
}

async function demoOffers(room: DemoRoom, closers: Closers): Promise<Offer[]> {
  const hub = new HubClient(room.hubUrl);
  const endpoint = hubUrlFor(room.hubUrl, paths.inference(room.roomCode));
  const provider = await startDemoProvider({
    models: demoModels,
    answer: async (question) =>
      demoAnswer(question, { ...room, endpoint, participants: await hub.listParticipants(room.roomCode) }),
  });
  closers.add("the demo provider", () => provider.close());
  return demoModels.map((model, index) => ({
    nickname: `Demo ${index + 1}`,
    endpoint: provider.endpoint,
    model,
  }));
}
