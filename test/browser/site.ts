import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";

type Headers = Readonly<Record<string, string>>;

const ISOLATED: Headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
const policy = (text: string): Headers => ({ ...ISOLATED, "content-security-policy": text });

/** The first folder of a path says which headers all of it is served with. */
const FOLDERS: Readonly<Record<string, Headers>> = {
  isolated: ISOLATED,
  plain: {},
  "blob-allowed": policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:"),
  "blob-refused": policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"),
  "trusted-types": policy("require-trusted-types-for 'script'"),
  "wasm-refused": policy("script-src 'self'; worker-src 'self' blob:"),
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".txt": "text/plain",
  ".css": "text/css",
};

export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves the same files under every folder of headers, from memory. */
export async function serve(files: ReadonlyMap<string, string | Uint8Array>): Promise<Site> {
  const server = createServer((request, response) => {
    const [, folder = "", ...rest] = new URL(request.url!, "http://localhost").pathname.split("/");
    const path = rest.join("/") || "index.html";
    const body = files.get(path);
    const headers = FOLDERS[folder];
    if (body === undefined || headers === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { ...headers, "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
