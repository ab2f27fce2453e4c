/** One script for both: a page that has a worker, and that worker, which answers one command after the other. */
import { commands } from "./commands.js";

const isPage = typeof document !== "undefined";
if (isPage) Object.assign(globalThis, { app: pageApp() });
else self.onmessage = ({ data: { name, args } }: MessageEvent<Command>) => void answer({ name, args });

export interface Command {
  name: keyof typeof commands;
  args: unknown;
}

async function run({ name, args }: Command): Promise<unknown> {
  return (commands[name] as (args: unknown) => unknown)(args);
}

async function answer(command: Command): Promise<void> {
  try {
    postMessage({ result: await run(command) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
}

/** What the tests call, inside the page. */
function pageApp() {
  let worker: Worker | undefined;
  return {
    here: run,

    startWorker(url: string): void {
      worker?.terminate();
      worker = new Worker(url);
    },

    endWorker: () => worker?.terminate(),

    inWorker: (command: Command) =>
      new Promise((resolve, reject) => {
        worker!.onmessage = ({ data: { result, error } }) => (error === undefined ? resolve(result) : reject(error));
        worker!.onerror = ({ message }) => reject(new Error(`worker: ${message}`));
        worker!.postMessage(command);
      }),
  };
}

export type PageApp = ReturnType<typeof pageApp>;
