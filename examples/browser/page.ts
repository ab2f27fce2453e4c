/** The page: starts the worker, shows what it says, and ends it. */
import type { Message } from "./train-worker.js";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const [train, stop] = [element<HTMLButtonElement>("train"), element<HTMLButtonElement>("stop")];
let worker: Worker | undefined;

train.onclick = async () => {
  const corpus = await (await fetch("corpus.txt")).text();
  element("losses").textContent = "";
  worker = new Worker(new URL("./train-worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Message>) => show(data);
  worker.onerror = ({ message }) => show({ kind: "error", message });
  worker.postMessage(corpus);
  [train.disabled, stop.disabled] = [true, false];
};

stop.onclick = () => {
  worker?.terminate(); // its threads end with it
  [train.disabled, stop.disabled] = [false, true];
};

function show(message: Message): void {
  if (message.kind === "engine") {
    const { name, variant, threads, oneThreadBecause = "" } = message.engine;
    element("engine").textContent = `${name} ${variant}, threads: ${threads} ${oneThreadBecause}`;
  } else if (message.kind === "error") {
    element("engine").textContent = message.message;
  } else {
    const { step, loss } = message;
    element("losses").prepend(`step ${String(step).padStart(4)}  ${loss.toFixed(3)} nats a character\n`);
  }
}
