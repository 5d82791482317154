import { HumanError } from "../../common/humanError";
import type { RoomSummary } from "../../protocol/room";
import { askText } from "../askText";
import { toRowText } from "../views/plainText";
import type { RoomParts } from "./roomParts";

export interface PasswordQuestion {
  readonly hubUrl: string;
  readonly room: RoomSummary;
  /** Tried before anything is asked. */
  readonly given: string | undefined;
  /** Of the hub's certificate. */
  readonly fingerprint: string | undefined;
}

/** Finds the room's password: the given one, the one kept from last time, else asks until it is right. Esc gives undefined. */
export async function askPassword(parts: RoomParts, question: PasswordQuestion): Promise<string | undefined> {
  const { hubUrl, room, given, fingerprint } = question;
  const hub = await parts.access.openHub(hubUrl, { fingerprint });
  const check = async (password: string, signal?: AbortSignal) => {
    try {
      await hub.checkPassword(room.code, password, signal);
    } catch (error) {
      if (error instanceof HumanError && error.code === "WRONG_PASSWORD") throw wrongPassword();
      throw error;
    }
  };
  const known = given ?? (await parts.secrets.keys(hubUrl, room.code)).password;
  const problem = known === undefined ? undefined : await problemWith(check, known);
  if (known !== undefined && problem === undefined) return known;
  return askText({
    title: `Join Room: ${toRowText(room.name)}`,
    prompt: "Password of the room",
    secret: true,
    problem,
    accept: async (password, signal) => {
      if (!password)
        throw new HumanError("INVALID_INPUT", "This room has a password.", "Ask a teammate for it.");
      await check(password, signal);
      return password;
    },
  });
}

/** Clearer than what the hub can say, which does not tell a wrong password from none. */
function wrongPassword(): HumanError {
  return new HumanError(
    "WRONG_PASSWORD",
    "That is not the room's password.",
    "Ask whoever made the room for it.",
  );
}

async function problemWith(
  check: (password: string) => Promise<void>,
  password: string,
): Promise<string | undefined> {
  try {
    await check(password);
    return undefined;
  } catch (error) {
    if (error instanceof HumanError && error.code === "WRONG_PASSWORD") return error.message;
    throw error;
  }
}
