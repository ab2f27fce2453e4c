/** What a result depends on besides the code: no host name, no path. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";

export function machine() {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? "unknown",
    cores: cpus.length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.release().replace(/-.*/, "")} ${os.arch()}`,
    node: process.versions.node,
  };
}

/** Says it, and returns it for the report, when something else is running: then figures mean little. */
export function warnWhenBusy() {
  const load = os.loadavg()[0];
  if (load < 0.3 * os.cpus().length) return null;
  const warning = `the machine was busy when this began (load ${load.toFixed(1)} on ${os.cpus().length} cores)`;
  console.error(`warning: ${warning}. Figures of a busy machine mean little.`);
  return warning;
}

/** Of the built package: another build is another measurement. */
export function packageDigest() {
  const dist = fileURLToPath(new URL("../dist/", import.meta.url));
  const hash = createHash("sha256");
  const files = readdirSync(dist, { recursive: true }).filter((path) => path.endsWith(".js"));
  for (const path of files.sort()) hash.update(`${path}\0`).update(readFileSync(dist + path));
  return hash.digest("hex").slice(0, 16);
}
