import type { RoomConnection } from "../room/roomConnection";
import { participantId } from "./participantId";
import type { Shares } from "./shares";

/**
 * Tells this user's own participants from others: those of this window, and those of the user's other windows, whose
 * ids only this installation can compute.
 */
export function makeIsMine(
  connection: RoomConnection,
  shares: Shares,
  installId: string,
): (participantId: string) => boolean {
  return (id) => {
    if (shares.get(id)) return true;
    const { state } = connection;
    if (state.state !== "joined") return false;
    const card = state.room.participants.get(id);
    if (!card) return false;
    const { endpoint, model } = card;
    const roomCode = state.room.room.code;
    const { fingerprint } = connection.keys;
    return participantId({ installId, hubUrl: state.hubUrl, fingerprint, roomCode, endpoint, model }) === id;
  };
}
