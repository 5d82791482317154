import { HubClient } from "../client/hubClient";
import { describeError, HumanError } from "../common/humanError";
import { discoverProviders } from "../participant/discoverProviders";
import { readMachineSpecs } from "../participant/machineSpecs";
import { ParticipantSession } from "../participant/participantSession";
import type { ProviderInfo } from "../participant/provider";
import type { MachineSpecs } from "../protocol/participant";
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

export interface DemoSurroundings {
  room: DemoRoom;
  /** Leaves this machine's providers alone. */
  builtIn: boolean;
  closers: Closers;
  log: (line: string) => void;
  signal: AbortSignal;
}

/** Shares the models of a provider of this machine, else those of the built-in demo. Resolves to who shares what. */
export async function startDemoParticipants(surroundings: DemoSurroundings): Promise<string[]> {
  const { room, builtIn, closers, log, signal } = surroundings;
  const specs = await readMachineSpecs();
  const found = (builtIn ? undefined : offersOf(await discoverProviders(signal))) ?? [];
  const shared: string[] = [];
  if (found.length === MAX_MODELS) log(`Of each provider's models the demo shares ${MAX_MODELS} at most.`);
  for (const offer of found) {
    try {
      shared.push(await share(surroundings, offer, specs));
    } catch (error) {
      if (!(error instanceof HumanError)) throw error;
      log(`${offer.model} could not be shared: ${describeError(error)}`);
    }
  }
  if (shared.length > 0 || signal.aborted) return shared;
  for (const offer of await demoOffers(room, closers)) shared.push(await share(surroundings, offer, specs));
  return shared;
}

async function share(
  { room, closers, signal }: DemoSurroundings,
  offer: Offer,
  specs: MachineSpecs,
): Promise<string> {
  const participantId = participantIdFor({ roomCode: room.roomCode, ...offer });
  const session = new ParticipantSession({ ...room, ...offer, specs, participantId });
  closers.add(`the share of ${offer.model}`, () => session.stop());
  await session.start(signal);
  return `${offer.nickname} shares ${offer.model}`;
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
