// npm, for the package itself and for the folders that have packages of their own.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runQuietly } from "./process.mjs";

/**
 * Whether a folder has what its lock file names. npm keeps its own record of what it installed: where that agrees, a reinstall would be
 * wasted. It leaves out optional packages that are for other platforms, or that it could not fetch.
 */
export function isInstalled(folder, { optionalToo = false } = {}) {
  const record = join(root, folder, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const packages = (path) => JSON.parse(readFileSync(path, "utf8")).packages;
  const installed = packages(record);
  return Object.entries(packages(join(root, folder, "package-lock.json"))).every(([path, { version, optional }]) => {
    if (path === "" || installed[path]?.version === version) return true;
    return !optionalToo && optional && !installed[path];
  });
}

/** `npm ci` in a folder, silently; with the npm that started us, if one did. */
export function npmCi(folder, ...options) {
  const prefix = folder === "." ? [] : ["--prefix", folder];
  const args = [...prefix, "ci", ...options, "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const viaNode = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  const command = viaNode ? process.execPath : process.platform === "win32" ? "npm.cmd" : "npm";
  return runQuietly(["npm", ...prefix, "ci"].join(" "), command, viaNode ? [npm, ...args] : args, explain);
}

function explain(output) {
  if (
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT)\b/.test(output)
  ) {
    return "The package registry cannot be reached. Connect to the network (or set npm's proxy) and run the command again.";
  }
  if (/\b(EACCES|EPERM|EROFS)\b/.test(output))
    return "The folder cannot be written. Check who owns it, and run the command again.";
  if (/\bENOSPC\b/.test(output)) return "The disk is full. Free about 500 MB and run the command again.";
  if (/\bEUSAGE\b/.test(output)) {
    return "package.json and package-lock.json disagree. Run `npm install --package-lock-only`, and commit both files.";
  }
  return "";
}
