/** What the status bar's menu can offer; names of commands, with the words of the palette. */
export interface MenuEntry {
  readonly label: string;
  readonly command: string;
}

export interface MenuInput {
  readonly state: "left" | "connecting" | "failed" | "joined";
  readonly lost: boolean;
  /** Lost for good. */
  readonly closed?: boolean;
  readonly sharing: boolean;
  readonly paused: boolean;
  /** Of a joined room. */
  readonly isHost?: boolean;
  readonly isProtected?: boolean;
}

/** What can be done now, the likeliest first. */
export function menuEntries(input: MenuInput): readonly MenuEntry[] {
  const { state, lost, closed = false, sharing, paused, isHost = false, isProtected = false } = input;
  const joined = state === "joined";
  const entries: readonly (MenuEntry & { readonly when: boolean })[] = [
    entry("$(refresh) Retry Connection", "retryConnection", (lost && !closed) || state === "failed"),
    entry("$(comment-discussion) Open Chat", "openChat", joined),
    entry("$(broadcast) Share Model…", "shareModel", joined),
    entry("$(debug-pause) Pause Sharing", "pauseSharing", sharing && !paused),
    entry("$(play) Resume Sharing", "resumeSharing", sharing && paused),
    entry("$(debug-stop) Stop Sharing", "stopSharing", sharing),
    entry("$(person-add) Copy Invite Link", "copyInvite", joined),
    entry("$(copy) Copy Room Code", "copyRoomCode", joined),
    entry("$(link) Copy OpenAI Endpoint", "copyOpenAiEndpoint", joined),
    entry("$(edit) Rename Room…", "renameRoom", isHost),
    entry("$(key) Change Room Key…", "changeRoomKey", isHost && isProtected),
    entry("$(close) Close Room…", "closeRoom", isHost),
    entry("$(sign-in) Join Room…", "joinRoom", !joined),
    entry("$(add) Host Room…", "hostRoom", !joined),
    entry("$(sign-in) Change Room…", "joinRoom", joined),
    entry("$(sign-out) Leave Room", "leaveRoom", state !== "left"),
    entry("$(output) Show Log", "showLog", true),
  ];
  return entries.filter(({ when }) => when).map(({ label, command }) => ({ label, command }));
}

function entry(label: string, command: string, when: boolean) {
  return { label, command: `llmRooms.${command}`, when };
}
