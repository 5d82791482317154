import type { ActiveRequest, SessionState } from "../participant/participantSession";
import { jsonLine, printable } from "./terminal";

/** One line on how a share stands; the same one for each try to come back, so that it is printed once. */
export function describeSession(state: SessionState): string {
  switch (state.state) {
    case "starting":
      return "starting";
    case "sharing":
      if (state.paused) return "paused";
      return state.active.length === 0 ? "online" : servingText(state.active);
    case "reconnecting":
      return printable(`reconnecting because: ${state.error.message}`);
    case "stopped":
      // Why, where it was not asked for, is told once, as the program's error.
      return "stopped";
  }
}

/** Who asks is what the requests say; several of one count once. A name with lines could pass for a state of the share. */
function servingText(active: readonly ActiveRequest[]): string {
  const askers = [...new Set(active.flatMap(({ asker }) => asker ?? []))];
  const text = `serving ${active.length}${askers.length > 0 ? ` (${askers.join(", ")})` : ""}`;
  return printable(text).replace(/\s+/g, " ");
}

/** The same for a program: its state, how many requests it serves, and the error where there is one. */
export function sessionJson(session: SessionState): string {
  const { state } = session;
  const error = "error" in session && session.error ? { error: session.error.message } : {};
  if (state === "sharing") return jsonLine({ state, active: session.active.length, paused: session.paused });
  return jsonLine({ state, ...error });
}
