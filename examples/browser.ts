/**
 * The README's character model trains in a page, in a Worker, on all cores: docs/browser.md.
 *
 *   npm run example browser
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { rolldown } from "rolldown";
import { mobyDick } from "./support/moby-dick.js";

const FOLDER = "examples/browser";
/** With these a browser lets the page and its workers share memory. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The page and its worker as two scripts without imports, under the names that the sources have. */
async function scripts(): Promise<[path: string, type: string, body: string][]> {
  const names = ["page", "train-worker"];
  return Promise.all(
    names.map(async (name) => {
      const bundle = await rolldown({
        input: `${FOLDER}/${name}.ts`,
        platform: "browser",
        external: /^node:/,
        tsconfig: false,
      });
      const { output } = await bundle.generate({ format: "esm" });
      await bundle.close();
      return [`/${name}.ts`, "text/javascript", output[0].code];
    }),
  );
}

/** Serves the example. @returns where, and how to end it */
export async function serve(port = 0): Promise<{ url: string; close(): void }> {
  const files = new Map(
    [
      ["/", "text/html", readFileSync(`${FOLDER}/index.html`, "utf8")] as const,
      ["/corpus.txt", "text/plain; charset=utf-8", mobyDick()] as const,
      ...(await scripts()),
    ].map(([path, type, body]) => [path, { type, body }]),
  );
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    response.writeHead(file ? 200 : 404, { ...HEADERS, "Content-Type": file?.type ?? "text/plain" });
    response.end(file?.body ?? "not found");
  });
  await new Promise<void>((resolve) => server.listen(port, "localhost", resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export async function main(): Promise<void> {
  const { url } = await serve(8080);
  console.log(`Open ${url} and press Train. Ctrl-C ends the server.`);
}
