// A server of files in memory, each under every set of headers that a page may come with.

import { createServer } from "node:http";
import { extname } from "node:path";

/** @typedef {Readonly<Record<string, string>>} Headers */

/** @type {Headers} */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
/** @type {(text: string) => Headers} */
const policy = (text) => ({ ...ISOLATED, "content-security-policy": text });

/** The first folder of a path says which headers all of it is served with. @type {Readonly<Record<string, Headers>>} */
const FOLDERS = {
  isolated: ISOLATED,
  plain: {},
  "blob-allowed": policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:"),
  "blob-refused": policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"),
  strict: policy("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; img-src data:"),
  "strict-page": policy(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'; connect-src 'self'; img-src data:",
  ),
  "trusted-types": policy("require-trusted-types-for 'script'"),
  "wasm-refused": policy("script-src 'self'; worker-src 'self' blob:"),
};

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".txt": "text/plain",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/**
 * Serves the same files under every folder of headers, from memory.
 * @param {ReadonlyMap<string, string | Uint8Array>} files
 * @returns {Promise<{ readonly origin: string, close(): Promise<void> }>}
 */
export async function serve(files) {
  const server = createServer((request, response) => {
    const [, folder = "", ...rest] = new URL(request.url ?? "", "http://localhost").pathname.split("/");
    const path = rest.join("/") || "index.html";
    const body = files.get(path);
    const headers = FOLDERS[folder];
    if (body === undefined || headers === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { ...headers, "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
