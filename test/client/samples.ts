import type { ParticipantInfo } from "../../src/protocol/participant";
import type { RoomSummary } from "../../src/protocol/room";

export function room(change: Partial<RoomSummary> = {}): RoomSummary {
  return {
    id: "r1",
    code: "ROOM23",
    name: "Team",
    hostId: "h1",
    createdAt: 1_000,
    participantCount: 0,
    passwordProtected: false,
    ...change,
  };
}

export function participant(id: string, change: Partial<ParticipantInfo> = {}): ParticipantInfo {
  return {
    id,
    nickname: `Nick ${id}`,
    model: "llama3:8b",
    endpoint: "http://localhost:11434",
    config: { hasInstructions: false },
    specs: { gpu: "RTX 4090", vram: 24 },
    capabilities: { openResponses: "unknown", chatCompletions: "supported" },
    connection: { kind: "tunnel", connected: true, lastTunnelSeenAt: 2_000 },
    status: "online",
    joinedAt: 1_000,
    lastSeen: 2_000,
    updatedAt: 1_500,
    ...change,
  };
}
