import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";

// What a header builds is counted in a worker that dies of more: its heap ends at 64 MiB, while the bytes themselves lie outside.

const MODULE = resolve("dist/interchange/formats/safetensors/index.js");
const MIB = 2 ** 20;

const PROGRAM = `
  const { workerData, parentPort } = require("node:worker_threads");
  const { open, unit, close, bytes, module } = workerData;
  import(module).then(({ decodeSafetensors }) => {
    const [head, part, tail] = [open, unit, close].map((text) => Buffer.from(text));
    const count = Math.floor((bytes - head.length - tail.length) / part.length);
    const file = Buffer.alloc(8 + head.length + count * part.length + tail.length);
    file.writeBigUInt64LE(BigInt(file.length - 8));
    head.copy(file, 8);
    file.fill(part, 8 + head.length, file.length - tail.length);
    tail.copy(file, file.length - tail.length);
    try {
      parentPort.postMessage(decodeSafetensors(file, "m").tensors.size + " tensors");
    } catch (error) {
      parentPort.postMessage(error.message);
    }
  });
`;

function decodeInWorker(open: string, unit: string, close: string, bytes: number): Promise<string> {
  if (!existsSync(MODULE)) throw new Error("dist/ is missing: run `npm run build` first");
  const workerData = { open, unit, close, bytes, module: pathToFileURL(MODULE).href };
  const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };
  return new Promise((done, fail) => {
    const worker = new Worker(PROGRAM, { eval: true, workerData, resourceLimits });
    worker.once("message", done);
    worker.once("error", fail);
  });
}

const FIELDS = '"dtype":"U8","shape":[0],"data_offsets":[0,0]';

test.each<[string, string, string, string, number, string]>([
  ["objects in a list", '{"a":[', "{},", "{}]}", 19, 'tensor "a" of m must be an object'],
  ["objects in a list, the longest", '{"a":[', "{},", "{}]}", 95, 'tensor "a" of m must be an object'],
  ["lists in lists", '{"a":', "[", "]}", 95, 'tensor "a" of m must be an object'],
  ["sizes without end", '{"a":{"shape":[', "0,", "0]}}", 95, "at most 64, got more"],
  ["one digit after another", '{"a":{"shape":[', "9", "]}}", 95, "integers below 2^53"],
  ["metadata without end", '{"__metadata__":{"a":"",', '"b":"",', '"c":""}}', 95, "without duplicate keys"],
  ["text without end", '{"__metadata__":{"a":"', "x", '"}}', 95, "at most 67108864 bytes of text"],
  ["the same tensor again and again", "{", `"a":{${FIELDS}},`, `"b":{${FIELDS}}}`, 95, "without duplicate keys"],
  ["white space", "{", " ", "}", 95, "0 tensors"],
])("%s: refused within 64 MiB", async (_, open, unit, close, mib, message) => {
  expect(await decodeInWorker(open, unit, close, mib * MIB)).toContain(message);
});
