import { homedir } from "node:os";
import { join } from "node:path";

/** Where this program keeps what belongs to one user of the machine: a hub's certificate, tokens of rooms made here. */
export function userFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  if (env.LLM_ROOMS_HOME) return env.LLM_ROOMS_HOME;
  if (platform === "win32") return join(env.LOCALAPPDATA || join(homedir(), "AppData", "Local"), "LLM Rooms");
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", "LLM Rooms");
  return join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "llm-rooms");
}
