import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { RunFolder } from "../../runs/run-folder-node.js";
import { readRun } from "../../runs/run-record-node.js";
import { isSafeHost } from "../../serve/guard.js";
import type { CheckpointKind } from "../../train/index.js";

/** Only this machine is answered. */
const ADDRESS = "127.0.0.1";

/** As in studio/index.html, without what serves it while it is written; workers take theirs from here, and no other page shows it. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  // With these a browser lets the page and its workers share memory: threads.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Says to the page that there are runs to ask for. */
const TELLS = '<meta name="unrolled-runs" content="runs.json">';
const KINDS: readonly CheckpointKind[] = ["best", "last"];

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string | Uint8Array;
}

const refused = (status: number, why: string): Answer => ({
  status,
  type: "text/plain; charset=utf-8",
  body: `${why}\n`,
});

export interface StudioServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the built studio and the runs beside it to this machine. A request is looked up among what there was at the start: no path of
 * a request ever reaches the file system.
 * @param folder  of the built site
 * @param runs    run folders
 * @param port    0: any that is free
 */
export async function serveStudio(folder: string, runs: readonly string[], port: number): Promise<StudioServer> {
  const files = new Map(filesIn(folder).map((path) => [`/${path}`, join(folder, ...path.split("/"))]));
  const server = createServer((request, response) => {
    answerOf(request, portOf(server), files, runs).then(
      (answer) => send(request, response, answer),
      () => send(request, response, refused(500, "This could not be read.")),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, ADDRESS, resolve);
  });
  return {
    url: `http://${ADDRESS}:${portOf(server)}/`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo | null)?.port ?? 0;

function send({ method }: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  response.writeHead(status, {
    ...HEADERS,
    "content-type": type ?? "application/octet-stream",
    "content-length": bytes.length,
  });
  response.end(method === "HEAD" ? undefined : bytes);
}

async function answerOf(
  request: IncomingMessage,
  port: number,
  files: ReadonlyMap<string, string>,
  runs: readonly string[],
): Promise<Answer> {
  const { method, headers, url = "/" } = request;
  // A name of a stranger that points here would let its pages read what is served (DNS rebinding).
  const { host = "" } = headers;
  if (!isSafeHost(host, []) || !host.endsWith(`:${port}`)) return refused(403, `Ask by http://${ADDRESS}:${port}/.`);
  if (method !== "GET" && method !== "HEAD") return refused(405, "Only GET and HEAD are answered.");
  const path = url.split("?", 1)[0];
  if (path === "/runs.json" || path.startsWith("/runs/")) {
    const site = headers["sec-fetch-site"] ?? "none";
    if (site !== "same-origin" && site !== "none") return refused(403, "Runs are shown to the studio alone.");
    return path === "/runs.json" ? runList(runs) : runCheckpoint(path, runs);
  }
  const file = files.get(path === "/" ? "/index.html" : path);
  if (file === undefined) return refused(404, "There is nothing of this name.");
  const type = TYPES[extname(file)];
  if (!file.endsWith(".html")) return { status: 200, ...(type !== undefined && { type }), body: await readFile(file) };
  return {
    status: 200,
    type: TYPES[".html"],
    body: (await readFile(file, "utf8")).replace("</head>", `${TELLS}</head>`),
  };
}

/** A run is asked for by its place in the list, so that its path is nobody's business. */
function runList(runs: readonly string[]): Answer {
  const told = runs.map((path, index) => {
    const { task, files, settings, lines, best, isRunning } = readRun(path);
    const { step = 0, totalSteps = 0 } = lines.at(-1) ?? {};
    const checkpoints = KINDS.filter((kind) => existsSync(new RunFolder(path).file(kind)));
    return { index, path, task, files, settings, step, totalSteps, best, isRunning, checkpoints };
  });
  return { status: 200, type: "application/json", body: JSON.stringify(told) };
}

async function runCheckpoint(path: string, runs: readonly string[]): Promise<Answer> {
  const [, index, name] = /^\/runs\/(\d{1,6})\/(best|last)\.safetensors$/.exec(path) ?? [];
  const folder = index === undefined ? undefined : runs[Number(index)];
  if (folder === undefined) return refused(404, "There is no such run.");
  try {
    return { status: 200, body: await readFile(new RunFolder(folder).file(name as CheckpointKind)) };
  } catch {
    return refused(404, "The run has no such checkpoint.");
  }
}

/** Paths of all files in a folder, with `/` between their parts. */
function filesIn(folder: string, under = ""): string[] {
  return readdirSync(join(folder, under), { withFileTypes: true }).flatMap((entry) => {
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    return entry.isDirectory() ? filesIn(folder, path) : [path];
  });
}
