import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Which process, on which machine: enough to tell later whether it still runs. JSON-safe. */
export interface ProcessIdentity {
  pid: number;
  host: string;
  /** Where numbers of processes mean the same: the host, its boot, and on Linux its namespace (each container has its own). */
  space: string;
  /** When the process began, in the system's clock ticks; empty where the system does not tell. */
  start: string;
}

export function ownIdentity(): ProcessIdentity {
  const host = hostname();
  const space = [host, readIfAny("/proc/sys/kernel/random/boot_id"), linkIfAny("/proc/self/ns/pid")].join(" ").trim();
  return { pid: process.pid, host, space, start: startOf(process.pid) ?? "" };
}

/**
 * Whether that process runs. A number that another process has by now does not count.
 * @returns undefined where it cannot be told from here: on another machine, in another container, before a reboot
 */
export function isRunning(holder: ProcessIdentity, own: ProcessIdentity = ownIdentity()): boolean | undefined {
  if (holder.space !== own.space) return undefined;
  if (own.start !== "") return startOf(holder.pid) === holder.start;
  // Without the time of its start a number may have gone to another: only its absence is certain.
  return exists(holder.pid) ? undefined : false;
}

/** Undefined for a process that is not there, or is dead and only waits for its parent to notice. */
function startOf(pid: number): string | undefined {
  const stat = readIfAny(`/proc/${pid}/stat`);
  if (stat === "") return undefined;
  // The second field is the program's name, in parentheses, and may hold anything. Then come state and, as the 20th, the start.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

function linkIfAny(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
