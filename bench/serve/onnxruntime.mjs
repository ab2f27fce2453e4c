/** The peer: the same Hono, the same tokens and the same answers, and ONNX Runtime for the network. Arguments: checkpoint, ONNX file. */
import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { load } from "../../dist/tasks/index.js";
import { decodeAnyTask } from "../../dist/tasks/registry.js";

const [checkpoint, file] = process.argv.slice(2);
const { meta } = decodeAnyTask(readFileSync(checkpoint), checkpoint);
const { classes, inputs } = meta;
const { maxLength } = load(checkpoint).config;
const session = await InferenceSession.create(readFileSync(file), {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
});

async function predict(text) {
  const ids = inputs.vocabulary.encode(text).slice(0, maxLength);
  const data = BigInt64Array.from(ids, BigInt);
  const { probabilities } = await session.run({ ids: new Tensor("int64", data, [ids.length, 1]) });
  const all = probabilities.data;
  let best = 0;
  for (let c = 1; c < classes.length; c++) if (all[c] > all[best]) best = c;
  const named = Object.fromEntries(classes.map((name, c) => [name, all[c]]));
  return { label: classes[best], probability: all[best], probabilities: named };
}

const app = new Hono();
app.post("/v1/models/sentences/predict", async (c) => {
  const { input } = await c.req.json();
  return c.json({ output: await predict(input) });
});
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
  console.log(JSON.stringify({ type: "listening", url: `http://127.0.0.1:${port}` }));
});
