import { askText } from "../askText";
import type { HubAccess } from "./roomConnection";

/** Asks for a hub's address until one answers there; undefined where the user pressed Esc. */
export function askHub(access: HubAccess, value: string, problem?: string): Promise<string | undefined> {
  return askText({
    title: "Join Room: Hub",
    prompt: "Address of your team's hub.",
    placeholder: "http://localhost:5567",
    value,
    problem,
    accept: async (text, signal) => {
      const hub = await access.openHub(text);
      await hub.health(signal);
      return hub.hubUrl;
    },
  });
}
