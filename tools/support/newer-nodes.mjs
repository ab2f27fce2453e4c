// Nodes of tools/newer-nodes, for what an older one cannot run: the 256-bit kernels (src/engine/wasm/wide.ts).

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled, npmCi } from "./npm.mjs";
import { root, step } from "./process.mjs";

const folder = "tools/newer-nodes";

/** Where the Node of a major version is once it is installed. */
export const newerNode = (major) => join(root, folder, "node_modules", `node-${major}`, "bin/node");

const isOnNpm = process.platform === "linux" && process.arch === "x64";

let tried = false;

/** Fetches them when they are missing; where that cannot be, they stay missing. */
export async function installNewerNodes() {
  if (tried || !isOnNpm || isInstalled(folder, { optionalToo: true })) return;
  tried = true;
  // By default npm tries for more than a minute, where there is no network.
  const options = ["--ignore-scripts", "--no-bin-links", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"];
  // Whatever it says, what counts is whether they are there.
  const install = () => npmCi(folder, ...options).catch(() => {});
  await step("installing Node 24 and 26 for the 256-bit kernels (110 MB)", install);
}

/** A Node of this major version that has 256-bit kernels: its program, or why there is none. */
export async function nodeWith256Bits(major) {
  if (process.arch !== "x64") return { missing: `they need an x64 processor, this is ${process.arch}` };
  if (!hasAvx2()) return { missing: "this processor has no AVX2" };
  if (process.versions.node.startsWith(`${major}.`)) return { program: process.execPath };
  if (!isOnNpm) return { missing: `npm has no such Node for ${process.platform}` };
  await installNewerNodes();
  const program = newerNode(major);
  if (!existsSync(program)) return { missing: `npm could not install it (\`npm --prefix ${folder} ci\`)` };
  const { status } = spawnSync(program, ["--version"]);
  return status === 0 ? { program } : { missing: "npm's does not start on this system" };
}

function hasAvx2() {
  const info = "/proc/cpuinfo";
  return !existsSync(info) || /^flags\s*:.*\bavx2\b/m.test(readFileSync(info, "utf8"));
}
