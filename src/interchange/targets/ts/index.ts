import { UnsupportedError } from "../../../base/errors.js";
import { ownWeights } from "../described.js";
import type { ModelToWrite, Precision, TargetWriter } from "../target.js";
import type { Signature, Signatures } from "./code.js";
import { packWeights } from "./pack.js";

/** A model by itself: one module with its weights inside, which answers as the library does and needs no other. */
type CodeToWrite = Pick<ModelToWrite, "name" | "title" | "weights" | "blueprint" | "code">;

/** One file of TypeScript. Only the types that it gives are checked: what it runs on is JavaScript. */
export const typescriptWriter: TargetWriter = {
  obstacles: () => [],
  async write(model, precision) {
    const { head, types, body, functions } = await partsOf(model, precision);
    const text = `// @ts-nocheck\n${head}\n${types}\n${body}\n${functions.map(typedExport).join("\n")}`;
    return { files: new Map([[`${fileName(model)}.ts`, encoded(text)]]), notes: [] };
  },
};

/** A file of JavaScript, and one of its types. */
export const javascriptWriter: TargetWriter = {
  obstacles: () => [],
  async write(model, precision) {
    const { head, types, body, functions } = await partsOf(model, precision);
    const files = new Map([
      [`${fileName(model)}.js`, encoded(`${head}\n${body}\n${functions.map(plainExport).join("\n")}`)],
      [`${fileName(model)}.d.ts`, encoded(`${head}\n${types}\n${functions.map(declaration).join("\n")}`)],
    ]);
    return { files, notes: [] };
  },
};

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);
const fileName = ({ name }: CodeToWrite): string => name.replace(/[^\w.-]+/g, "-");

/** @throws UnsupportedError for a model of a task that has no code */
async function partsOf(model: CodeToWrite, precision: Precision) {
  const { name, title, weights, code } = model;
  if (code === null) {
    const must = "be of a task that has a run-time of its own";
    throw new UnsupportedError({ op: "export", argument: "model", must, value: title });
  }
  const { table, text } = packWeights(weights, precision, new Set(ownWeights(model).keys()));
  const body = `/** What the model is besides its weights. */
const DESCRIPTION = ${JSON.stringify(JSON.stringify(code.description))};
/** Its weights, one after the other; of int8 the scales of all rows first. */
const TABLE = ${JSON.stringify(table)};
const WEIGHTS = ${JSON.stringify(text)};

const model = (() => {
${await code.runtime()}
return make(JSON.parse(DESCRIPTION), unpackWeights(TABLE, WEIGHTS));
})();
`;
  return { head: heading(name, title, code.signatures), body, ...code.signatures };
}

function heading(name: string, title: string, { example }: Signatures): string {
  return `/**
 * ${title[0].toUpperCase()}${title.slice(1)} that was trained with Unrolled, ${name.replace(/[^ -~]|\*\//g, "?")}: it needs nothing else.
 * @example ${example}
 * @module
 */
/* eslint-disable */
// biome-ignore-all lint: written by a program`;
}

const typeOf = ({ parameters, returns }: Signature): string => `(${parameters}) => ${returns}`;
const commentOf = ({ about }: Signature): string => `/** ${about} */\n`;

function typedExport(one: Signature): string {
  return `${commentOf(one)}export const ${one.name}: ${typeOf(one)} = model.${one.name};\n`;
}

function plainExport(one: Signature): string {
  return `${commentOf(one)}export const ${one.name} = model.${one.name};\n`;
}

function declaration(one: Signature): string {
  return `${commentOf(one)}export declare const ${one.name}: ${typeOf(one)};\n`;
}
