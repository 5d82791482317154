import { readFileSync, writeFileSync } from "node:fs";

/** Clock ticks of /proc/<pid>/stat, ms. */
const TICK_MS = 10;
const KB_PER_MB = 1_024;

/** What a process has used of the CPU so far, kernel included, ms. */
export function cpuMs(pid: number): number {
  // The command's name, in brackets, may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export function rssMb(pid: number): number {
  return statusMb(pid, "VmRSS");
}

/** The highest since `resetPeak`. */
export function peakRssMb(pid: number): number {
  return statusMb(pid, "VmHWM");
}

export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function statusMb(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / KB_PER_MB;
}
