import { readFileSync, readlinkSync, statfsSync } from "node:fs";
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

/** Where Deno does not allow to ask, a name that no other process has: then nobody's holding is taken for over. */
const unknownHost = `unknown-${Math.random().toString(36).slice(2)}`;

function hostnameIfAny(): string {
  try {
    return hostname();
  } catch {
    return unknownHost;
  }
}

export function ownIdentity(): ProcessIdentity {
  const host = hostnameIfAny();
  const space = [host, readIfAny("/proc/sys/kernel/random/boot_id"), linkIfAny("/proc/self/ns/pid")].join(" ").trim();
  return { pid: process.pid, host, space, start: startOf(process.pid) ?? "" };
}

/**
 * Whether that process runs. A number that another process has by now does not count.
 * @param ofOneKernel  whether only processes of this machine, as it runs now, can use what the holder holds
 * @returns undefined where it cannot be told from here: on another machine, in another container, before a reboot
 */
export function isRunning(
  holder: ProcessIdentity,
  ofOneKernel: () => boolean = () => false,
  own: ProcessIdentity = ownIdentity(),
): boolean | undefined {
  if (holder.space !== own.space) return isOfAnotherBoot(holder, own) && ofOneKernel() ? false : undefined;
  if (own.start !== "") return startOf(holder.pid) === holder.start;
  // Without the time of its start a number may have gone to another: only its absence is certain.
  return exists(holder.pid) ? undefined : false;
}

/** What Linux calls the namespace of processes that no container made; the boot of a container may be its own invention. */
const NO_CONTAINER = "pid:[4026531836]";

/** Certain outside containers alone. */
function isOfAnotherBoot(holder: ProcessIdentity, own: ProcessIdentity): boolean {
  const [[, boot, space], [, ownBoot, ownSpace]] = [holder.space.split(" "), own.space.split(" ")];
  return space === NO_CONTAINER && ownSpace === NO_CONTAINER && boot !== ownBoot;
}

/** By the numbers that Linux gives them: ext2 to ext4, XFS, Btrfs, F2FS, ZFS, tmpfs and overlays, each for one kernel at a time. */
const OF_ONE_KERNEL = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994, 0x794c7630]);

/** Whether the file system that holds `path` is never mounted by two machines at once, as those of a network are. */
export function isOfOneKernel(path: string): boolean {
  try {
    return OF_ONE_KERNEL.has(statfsSync(path).type >>> 0);
  } catch {
    return false;
  }
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
