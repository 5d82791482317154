import type { ParticipantInfo, ParticipantStatus } from "../../protocol/participant";

const rank: Record<ParticipantStatus, number> = { online: 0, busy: 1, offline: 2 };

/** Mine first, then online, busy, offline; inside each by nickname, then model. */
export function orderParticipants(
  participants: Iterable<ParticipantInfo>,
  isMine: (participantId: string) => boolean,
): ParticipantInfo[] {
  const place = (participant: ParticipantInfo) => (isMine(participant.id) ? -1 : rank[participant.status]);
  return [...participants].sort(
    (a, b) =>
      place(a) - place(b) ||
      a.nickname.localeCompare(b.nickname, undefined, { sensitivity: "base" }) ||
      a.model.localeCompare(b.model) ||
      a.id.localeCompare(b.id),
  );
}
