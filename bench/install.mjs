/** Peers are installed when a command needs them, never by `npm test`. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runQuietly, step } from "../tools/support/process.mjs";

const json = (path) => JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8"));

function isInstalled() {
  const record = "node_modules/.package-lock.json";
  if (!existsSync(new URL(record, import.meta.url))) return false;
  const installed = json(record).packages;
  return Object.entries(json("package-lock.json").packages).every(
    ([path, { version, optional, devOptional }]) =>
      path === "" || ((optional || devOptional) && !installed[path]) || installed[path]?.version === version,
  );
}

/** No install scripts: brain.js and ONNX Runtime would fetch GPU parts that nobody uses here. */
export async function installPeers() {
  if (isInstalled()) return;
  process.env.ONNXRUNTIME_NODE_INSTALL = "skip";
  const args = ["--prefix", "bench", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const viaNode = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  const command = viaNode ? process.execPath : process.platform === "win32" ? "npm.cmd" : "npm";
  await step("installing the peers (about 800 MB)", () =>
    runQuietly("npm --prefix bench ci", command, viaNode ? [npm, ...args] : args),
  );
}
