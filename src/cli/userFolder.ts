import { homedir } from "node:os";
import { join } from "node:path";
import { HumanError } from "../common/humanError";

/**
 * Where this program keeps what belongs to one user of the machine: a hub's certificate, tokens of rooms made here.
 * @throws HumanError where the user has no home
 */
export function userFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  if (env.LLM_ROOMS_HOME) return env.LLM_ROOMS_HOME;
  if (platform === "win32")
    return join(env.LOCALAPPDATA || join(homeFolder(), "AppData", "Local"), "LLM Rooms");
  if (platform === "darwin") return join(homeFolder(), "Library", "Application Support", "LLM Rooms");
  return join(env.XDG_STATE_HOME || join(homeFolder(), ".local", "state"), "llm-rooms");
}

/** Not what an empty HOME stands for: secrets would lie in whichever folder the program was started in. */
function homeFolder(): string {
  const folder = knownHome();
  if (folder !== "") return folder;
  const hint = "Name a folder of your own with LLM_ROOMS_HOME.";
  throw new HumanError("SETUP_FAILED", "This user has no home folder to keep anything in.", hint);
}

/** Empty where there is none. */
function knownHome(): string {
  try {
    return homedir();
  } catch {
    return ""; // A container's user may have no entry in the password file.
  }
}
