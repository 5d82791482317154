import { setRepeating, systemClock } from "../common/clock";
import type { Disposable } from "../common/disposable";

const POLL_MS = 500;

/**
 * Calls back once when the process that started this one has ended. npm starts a shell that starts us, and a signal
 * that is sent to npm alone ends those two only.
 */
export function watchParent(onDidEnd: () => void): Disposable {
  const parent = process.ppid;
  const watch = setRepeating(
    systemClock,
    () => {
      // The system gives an orphan another parent.
      if (process.ppid === parent) return;
      watch.dispose();
      onDidEnd();
    },
    POLL_MS,
  );
  return watch;
}
