/** What a process has done so far. Only differences mean something. */
export interface Work {
  /** Hundredths of a second in which its threads had a processor. */
  readonly ticks: number;
  /** Bytes that they read and wrote. */
  readonly bytes: number;
  /** Whether one of them would go on if it had a processor. */
  readonly isReady: boolean;
  /** Pages that the whole system wrote to its disks. */
  readonly pages: number;
}

/**
 * What all threads of this process did but the one that asks. It is made into text, and so uses nothing of this file.
 * @returns null where the system does not tell: only Linux does
 */
export function workDone(
  fs: Pick<typeof import("node:fs"), "readFileSync" | "readdirSync" | "readlinkSync">,
): Work | null {
  /** Numbers of lines such as `rchar: 123` or `nr_written 123`. */
  const sumOf = (path: string, names: readonly string[]): number => {
    let sum = 0;
    for (const line of fs.readFileSync(path, "latin1").split("\n")) {
      const [name, value] = line.split(/:? /);
      if (names.includes(name)) sum += Number(value);
    }
    return sum;
  };
  try {
    const own = fs.readlinkSync("/proc/thread-self").split("/").pop();
    let [ticks, bytes, isReady] = [0, 0, false];
    for (const thread of fs.readdirSync("/proc/self/task")) {
      if (thread === own) continue;
      const stat = fs.readFileSync(`/proc/self/task/${thread}/stat`, "latin1");
      // The name before it may hold anything.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [state, user, system] = [0, 11, 12].map((at) => fields[at]);
      ticks += Number(user) + Number(system);
      if (state === "R") isReady = true;
      bytes += sumOf(`/proc/self/task/${thread}/io`, ["rchar", "wchar", "read_bytes", "write_bytes"]);
    }
    return { ticks, bytes, isReady, pages: sumOf("/proc/vmstat", ["nr_written"]) };
  } catch {
    // Or a thread ended meanwhile, which is more than nothing.
    return null;
  }
}
