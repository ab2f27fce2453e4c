/** The worker: trains, and posts every loss to the page. */
import { type EngineDescription, startThreads, train } from "unrolled";
import { learn } from "../char-model.js";

export type Message =
  | { kind: "engine"; engine: EngineDescription }
  | { kind: "loss"; step: number; loss: number }
  | { kind: "error"; message: string };

const post = (message: Message) => postMessage(message);

self.onmessage = async ({ data: corpus }: MessageEvent<string>) => {
  post({ kind: "engine", engine: await startThreads() });
  let step = 0;
  for (const loss of learn(corpus)) {
    post({ kind: "loss", step: ++step, loss });
    await train.pause(); // messages from the page come in here
  }
};
