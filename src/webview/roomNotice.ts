import type { PageToHost, RoomView } from "../protocol/panel";
import { button, element, icon } from "./element";

type Action = Extract<PageToHost, { type: "action" }>["action"];
type OnAction = (action: Action) => void;

interface Words {
  readonly icon: string;
  readonly title: string;
  readonly text: string;
  readonly actions: readonly Action[];
}

const labelOf: Record<Action, string> = {
  joinRoom: "Join Room",
  enterKey: "Enter New Key",
  hostRoom: "Host Room",
  shareModel: "Share Model",
  retryConnection: "Retry Connection",
  showLog: "Show Log",
};

/** What is to be said of the room before anybody can be asked; undefined where somebody can. */
function wordsFor(room: RoomView): Words | undefined {
  switch (room.state) {
    case "left":
      return {
        icon: "plug",
        title: "You are not in a room",
        text: "Join your team's room, or host one, to chat with the models that people share there.",
        actions: ["joinRoom", "hostRoom"],
      };
    case "connecting":
      return { icon: "loading", title: `Joining ${room.roomCode}`, text: "", actions: [] };
    case "failed":
      return { icon: "warning", title: room.message, text: room.hint, actions: ["joinRoom", "showLog"] };
    case "joined":
      return wordsForJoined(room);
  }
}

function wordsForJoined({ hub, name, targets }: Extract<RoomView, { state: "joined" }>): Words | undefined {
  if (hub === "lost") {
    return {
      icon: "warning",
      title: "The hub does not answer",
      text: "LLM Rooms keeps trying. Your draft stays here.",
      actions: ["retryConnection", "showLog"],
    };
  }
  if (hub === "closed") {
    return {
      icon: "warning",
      title: `The host closed ${name}`,
      text: "Join another room, or host one. Your draft stays here.",
      actions: ["joinRoom", "hostRoom"],
    };
  }
  if (hub === "keyVoid") {
    return {
      icon: "warning",
      title: `${name} no longer takes your key`,
      text: "Its host changed it, or closed the room. Ask for a new invite link. Your draft stays here.",
      actions: ["enterKey"],
    };
  }
  if (hub === "wrongCertificate") {
    return {
      icon: "warning",
      title: "The hub shows another certificate than its invite named",
      text: "Nothing is sent to it: ask its host. Your draft stays here.",
      actions: ["retryConnection", "showLog"],
    };
  }
  if (hub === "roomGone") {
    return {
      icon: "warning",
      title: `The hub no longer knows ${name}`,
      text: "It may have been restarted. Join the new room, or host one. Your draft stays here.",
      actions: ["joinRoom", "hostRoom"],
    };
  }
  if (hub === "connecting" && targets.length === 0) {
    return { icon: "loading", title: `Entering ${name}`, text: "", actions: [] };
  }
  if (targets.length > 0) return undefined;
  return {
    icon: "organization",
    title: `Nobody shares a model in ${name} yet`,
    text: "Share one of yours, or send the room's invite link to a teammate who has one.",
    actions: ["shareModel"],
  };
}

/** What fills the page while nothing has been said. */
export function emptyState(room: RoomView, onAction: OnAction): HTMLElement {
  const words = wordsFor(room) ?? {
    icon: "comment-discussion",
    title: "Ask a teammate's model",
    text: "Choose whom to ask below. Attach a selection to talk about your code.",
    actions: [],
  };
  return element(
    "section",
    { class: "empty" },
    icon(words.icon, spin(words.icon)),
    element("h1", {}, words.title),
    words.text === "" ? undefined : element("p", {}, words.text),
    actionButtons(words.actions, onAction),
  );
}

/** One line above the composer, where a conversation is on the page; undefined where all is well. */
export function banner(room: RoomView, onAction: OnAction): HTMLElement | undefined {
  const words = wordsFor(room);
  if (!words) return undefined;
  return element(
    "div",
    { class: "banner", role: "status" },
    icon(words.icon, spin(words.icon)),
    element(
      "span",
      { class: "banner-text" },
      element("strong", {}, asSentence(words.title)),
      " ",
      words.text,
    ),
    actionButtons(words.actions, onAction),
  );
}

/** A title that stands in a line with other words. */
function asSentence(title: string): string {
  return /[.?!…]$/.test(title) ? title : `${title}.`;
}

function spin(name: string): string {
  return name === "loading" ? "codicon-modifier-spin" : "";
}

function actionButtons(actions: readonly Action[], onAction: OnAction): HTMLElement {
  const buttons = actions.map((action, index) =>
    button({
      label: labelOf[action],
      class: index === 0 ? "button" : "button secondary",
      onClick: () => onAction(action),
    }),
  );
  return element("div", { class: "buttons" }, ...buttons);
}
