import { hostname, userInfo } from "node:os";

/** What teammates know a user by who did not choose a nickname: the login name, else the machine's. */
export function defaultNickname(): string {
  try {
    return userInfo().username || hostname();
  } catch {
    // A container's user may have no entry in the password file.
    return hostname();
  }
}
