import type { HumanErrorCode } from "../common/humanError";

/** A button under an error message, and the command that it runs. */
export interface ErrorAction {
  readonly title: string;
  readonly command: string;
  readonly args?: readonly unknown[];
}

const showLog: ErrorAction = { title: "Show Log", command: "llmRooms.showLog" };
const changeHub: ErrorAction = {
  title: "Change Hub",
  command: "llmRooms.joinRoom",
  args: [{ askHub: true }],
};
const shareModel: ErrorAction = { title: "Choose Another", command: "llmRooms.shareModel" };

/** The buttons that help with an error, the most helpful first. */
export function errorActions(code: HumanErrorCode): readonly ErrorAction[] {
  switch (code) {
    case "HUB_UNREACHABLE":
    case "NOT_A_HUB":
    case "HUB_REFUSED":
    case "WRONG_CERTIFICATE":
      return [changeHub, showLog];
    case "ROOM_NOT_FOUND":
      return [{ title: "Choose a Room", command: "llmRooms.joinRoom" }];
    case "UNAUTHORIZED":
      return [{ title: "Enter New Key", command: "llmRooms.joinRoom", args: [{ again: true }] }];
    case "WRONG_PASSWORD":
    case "ROOM_CLOSED":
      return [{ title: "Join Again", command: "llmRooms.joinRoom" }];
    case "SHARE_ENDED":
      return [{ title: "Share Model", command: "llmRooms.shareModel" }, showLog];
    case "PROVIDER_UNREACHABLE":
    case "PROVIDER_FAILED":
    case "WRONG_KEY":
    case "MODEL_NOT_FOUND":
      return [shareModel, showLog];
    case "INVALID_INPUT":
      return [
        {
          title: "Open Settings",
          command: "workbench.action.openSettings",
          args: ["@ext:llm-rooms.llm-rooms"],
        },
      ];
    default:
      return [showLog];
  }
}
