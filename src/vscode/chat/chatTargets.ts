import type { FeedPhase } from "../../client/roomState";
import type { Answerer, RoomView, TargetOption } from "../../protocol/panel";
import type { ParticipantInfo, ParticipantStatus } from "../../protocol/participant";
import type { ConnectionState } from "../room/roomConnection";
import { gpuText } from "../views/specsText";
import { anyTarget } from "./conversationState";

const modelPrefix = "model:";
const byUse: readonly ParticipantStatus[] = ["online", "busy", "offline"];

/** What the page shows of the window's connection. */
export function roomView(connection: ConnectionState, isMine: (participantId: string) => boolean): RoomView {
  switch (connection.state) {
    case "left":
      return { state: "left" };
    case "connecting":
      return { state: "connecting", roomCode: connection.roomCode };
    case "failed":
      return { state: "failed", message: connection.error.message, hint: connection.error.hint };
    case "joined": {
      const { room, phase, participants } = connection.room;
      const known = [...participants.values()];
      // While nobody can be asked, nobody is free.
      const shown =
        phase.state === "lost" ? known.map((each) => ({ ...each, status: "offline" as const })) : known;
      return {
        state: "joined",
        name: room.name,
        hub: hubView(phase),
        targets: targetOptions(shown, isMine),
      };
    }
  }
}

function hubView(phase: FeedPhase) {
  if (phase.state !== "lost") return phase.state;
  switch (phase.error.code) {
    case "ROOM_NOT_FOUND":
      return "roomGone";
    case "ROOM_CLOSED":
      return "closed";
    case "UNAUTHORIZED":
      return "keyVoid";
    case "WRONG_CERTIFICATE":
      return "wrongCertificate";
    default:
      return "lost";
  }
}

/** Everyone in the room, who can take a prompt first; before them "any" and the models that several share. */
export function targetOptions(
  participants: readonly ParticipantInfo[],
  isMine: (participantId: string) => boolean,
): TargetOption[] {
  if (participants.length === 0) return [];
  const sorted = participants.toSorted(
    (a, b) =>
      byUse.indexOf(a.status) - byUse.indexOf(b.status) ||
      a.nickname.localeCompare(b.nickname) ||
      a.model.localeCompare(b.model),
  );
  return [
    anyOption(sorted),
    ...modelOptions(sorted),
    ...sorted.map((each) => ownOption(each, isMine(each.id))),
  ];
}

/** Who will answer for a selector, as far as it says. */
export function answererOf(
  selector: string,
  participants: ReadonlyMap<string, ParticipantInfo>,
): Answerer | undefined {
  if (selector.startsWith(modelPrefix)) return { model: selector.slice(modelPrefix.length) };
  const info = participants.get(selector);
  return info && { participantId: info.id, nickname: info.nickname, model: info.model };
}

function anyOption(participants: readonly ParticipantInfo[]): TargetOption {
  const { selector, label } = anyTarget;
  const free = participants.filter(({ status }) => status === "online").length;
  return {
    selector,
    label,
    kind: "any",
    model: "",
    status: bestStatus(participants),
    detail: `${free} of ${participants.length} free`,
    isMine: false,
  };
}

function modelOptions(participants: readonly ParticipantInfo[]): TargetOption[] {
  const models = [...new Set(participants.map(({ model }) => model))].sort((a, b) => a.localeCompare(b));
  return models.flatMap((model) => {
    const sharing = participants.filter((each) => each.model === model);
    if (sharing.length < 2) return [];
    const free = sharing.filter(({ status }) => status === "online").length;
    return {
      selector: `${modelPrefix}${model}`,
      kind: "model" as const,
      label: `Any with ${model}`,
      model,
      status: bestStatus(sharing),
      detail: `${free} of ${sharing.length} free`,
      isMine: false,
    };
  });
}

function ownOption({ id, nickname, model, status, specs }: ParticipantInfo, isMine: boolean): TargetOption {
  const detail = gpuText(specs) ?? "";
  return { selector: id, kind: "participant", label: nickname, model, status, detail, isMine };
}

function bestStatus(participants: readonly ParticipantInfo[]): ParticipantStatus {
  return byUse.find((status) => participants.some((each) => each.status === status)) ?? "offline";
}
