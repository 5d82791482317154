import type { RoomEvent } from "../protocol/events";
import type { PeerLogger } from "./peerLogger";

/** What the log says of what happens in rooms: who came and went, and what failed; of answers nothing. */
export function logRoomEvent(log: PeerLogger, event: RoomEvent): void {
  const room = event.roomCode;
  switch (event.type) {
    case "room.created":
      log.info("room made", { room, access: event.data.access });
      return;
    case "room.closed":
      log.info("room closed", { room });
      return;
    case "participant.joined":
      log.info("participant joined", { room, participant: event.data.id, model: event.data.model });
      return;
    case "participant.left":
    case "participant.offline":
      log.info(event.type === "participant.left" ? "participant left" : "participant offline", {
        room,
        participant: event.data.participantId,
      });
      return;
    case "llm.error": {
      const { requestId, participantId, stage } = event.data;
      const about = { room, participant: participantId, requestId, stage };
      // The error's own words may come from a provider, which may quote the prompt.
      if (stage === "cancelled") log.info("request cancelled", about);
      else log.warn("request failed", about);
      return;
    }
    case "connected":
    case "room.updated":
    case "participant.updated":
    case "llm.request":
    case "llm.queued":
    case "llm.complete":
      return;
    default:
      event satisfies never;
  }
}
