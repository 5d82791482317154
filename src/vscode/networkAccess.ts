import type { ChatOptions, ChatPart } from "../client/streamChat";
import type { HubAccess } from "./room/roomConnection";
import type { SharesOptions } from "./sharing/shares";

/** Loaded at the first use: a window that joins no room pays nothing for the network code. */
export const hubAccess: HubAccess = {
  openHub: async (hubUrl, keys) => new (await import("../client/hubClient")).HubClient(hubUrl, keys),
  discoverHubs: async () => {
    const { multicastSettings } = await import("../client/multicastSettings");
    const settings = multicastSettings(process.env);
    if (settings === "off") return undefined;
    const { discoverHubs } = await import("../client/discoverHubs");
    return (onFound, signal) => discoverHubs({ ...settings, onFound }, signal);
  },
  openFeed: async (options) => new (await import("../client/roomFeed")).RoomFeed(options),
};

/** The same for a window that shares nothing. */
export const openSession: SharesOptions["openSession"] = async (options) =>
  new (await import("../participant/participantSession")).ParticipantSession(options);

/** The same for a window in which nobody chats. */
export async function* streamChat(options: ChatOptions): AsyncGenerator<ChatPart> {
  const client = await import("../client/streamChat");
  yield* client.streamChat(options);
}
