/** In Node, Deno and Bun: options as the last argument, the report on standard output. In a page or a worker of it: by message. */
import { type SuiteOptions, suite } from "./suite.js";

const failure = (error: unknown) => ({ error: error instanceof Error ? `${error.stack ?? error}` : String(error) });
const run = (options: SuiteOptions) => suite(options).catch(failure);

if (globalThis.process?.argv !== undefined) {
  console.log(JSON.stringify(await run(JSON.parse(process.argv.at(-1)!))));
} else if (typeof document === "undefined") {
  self.onmessage = async ({ data }: MessageEvent<SuiteOptions>) => postMessage(await run(data));
} else {
  const page = {
    here: run,
    inWorker: (options: SuiteOptions) =>
      new Promise((resolve) => {
        const worker = new Worker(import.meta.url, { type: "module" });
        worker.onmessage = ({ data }) => {
          worker.terminate();
          resolve(data);
        };
        worker.onerror = ({ message }) => resolve({ error: `worker: ${message}` });
        worker.postMessage(options);
      }),
  };
  Object.assign(globalThis, { page });
}
