/** Lets Ctrl+C, or the end that npm test puts to a stage, still run what ends browsers and servers on exit. */
export function exitOnSignal(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
}
