import { type HubFlags, type RoomFlags, variables } from "./options";
import { printable, type Terminal } from "./terminal";

/** What a shell takes as it stands. */
const plain = /^[\w@%+=:,./-]+$/;

/** The options by which a suggested command calls the hub that this one was told; each with a space before it. */
export function hubOptions({ hub, fingerprint }: HubFlags): string {
  return `${option("--hub", hub)}${option("--fingerprint", fingerprint)}`;
}

/** The same for a room. An invite is a secret: it is not shown again, and one in the environment needs no word. */
export function roomOptions({ env }: Pick<Terminal, "env">, flags: RoomFlags, roomCode?: string): string {
  if (flags.invite !== undefined) return ` --invite 'LINK'${option("--fingerprint", flags.fingerprint)}`;
  const isNamed = flags.hub !== undefined || flags.room !== undefined;
  const isInvited = !isNamed && Boolean(env[variables.invite]);
  return `${hubOptions(flags)}${option("--room", isInvited ? undefined : (flags.room ?? roomCode))}`;
}

function option(name: string, value: string | undefined): string {
  if (value === undefined) return "";
  const text = printable(value);
  return ` ${name} ${plain.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`}`;
}
