import { type ParticipantInfo, participantInfoSchema } from "../../src/protocol/participant";

/** A participant as a hub lists it; a test names only what it looks at. */
export function participantCard(fields: Partial<ParticipantInfo> = {}): ParticipantInfo {
  return participantInfoSchema.parse({
    id: "p1",
    nickname: "Mira",
    model: "llama3:8b",
    endpoint: "http://localhost:11434",
    status: "online",
    joinedAt: 0,
    lastSeen: 0,
    updatedAt: 0,
    ...fields,
  });
}
