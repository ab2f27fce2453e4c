import type { Signatures } from "../../interchange/targets/ts/code.js";

type Description = Readonly<Record<string, unknown>>;

const UNKNOWN = "  /** The share of its tokens that the model has never seen. */\n  unknown?: number;\n";

/** What is read: one text, or numbers. */
function inputOf({ inputs }: Description): { parameter: string; example: string } {
  const { vocabulary, columns } = inputs as { vocabulary: unknown; columns: string[] };
  if (vocabulary !== null) return { parameter: "text: string", example: '"a text"' };
  return { parameter: "row: readonly number[]", example: `[${columns.map(() => "0").join(", ")}]` };
}

/** More classes than that are texts: nobody reads so long a type. */
const MOST = 100;

const HISTORY = `/** A row of a series, under the names of the columns. */
export type Row = Readonly<Record<string, string | number | boolean | Date | null>>;
`;

const classify = (description: Description): Signatures => {
  const { parameter, example } = inputOf(description);
  const isMulti = (description["config"] as { multi?: boolean }).multi === true;
  const classes = description["classes"] as string[];
  const names = classes.length > MOST ? "string" : classes.map((name) => JSON.stringify(name)).join(" | ");
  const [label, told] = isMulti
    ? ["  /** Those that are likely enough. */\n  labels: Label[];\n", "labels"]
    : ["  label: Label;\n  probability: number;\n", "label, probability"];
  return {
    types: `export type Label = ${names};

export interface Prediction {
${label}  probabilities: Record<Label, number>;
${UNKNOWN}}
`,
    functions: [
      { name: "predict", parameters: parameter, returns: "Prediction", about: "What it is, and how likely." },
    ],
    example: `const { ${told} } = predict(${example});`,
  };
};

const regress = (description: Description): Signatures => {
  const { parameter, example } = inputOf(description);
  return {
    types: `export interface Prediction {\n  value: number;\n${UNKNOWN}}\n`,
    functions: [{ name: "predict", parameters: parameter, returns: "Prediction", about: "The number to tell." }],
    example: `const { value } = predict(${example});`,
  };
};

const tag = (): Signatures => ({
  types: `export interface Tagged {
  tokens: string[];
  tags: string[];
  /** Of each tag in its place. */
  probabilities: number[];
  /** Where tags name spans: words from start (with) to end (without). */
  spans?: { type: string; start: number; end: number; text: string }[];
}
`,
  functions: [
    {
      name: "tag",
      parameters: "sentence: string | readonly string[]",
      returns: "Tagged",
      about: "A tag for each word: of a list of words, or of a text with white space between them.",
    },
  ],
  example: 'const { tags } = tag("Ada lived in London");',
});

const seq2seq = (): Signatures => ({
  types: `export interface Options {
  /** Hypotheses that are followed. Default 1: always the likeliest token. */
  beam?: number;
  lengthPenalty?: number;
  /** Targets to tell, best first. Default 1. */
  nBest?: number;
  /** Tell where each token of the target looked in the source. */
  attention?: boolean;
}

export interface Prediction {
  target: string;
  probability: number;
  nBest?: { target: string; probability: number }[];
  attention?: number[][];
  sourceTokens?: string[];
  targetTokens?: string[];
${UNKNOWN}}
`,
  functions: [
    {
      name: "predict",
      parameters: "source: string, options?: Options",
      returns: "Prediction",
      about: "What it writes for a source.",
    },
  ],
  example: 'const { target } = predict("a source");',
});

const generate = (): Signatures => ({
  types: `export interface Options {
  /** The class to write of. Default: each in turn. */
  label?: string | null;
  /** What else to write of: \`column=value\`, with commas between. */
  condition?: string | null;
  /** Texts to write. Default 10. */
  count?: number;
  /** Below 1 bolder, above 1 more varied, 0 always the likeliest. Default 1. */
  temperature?: number;
  /** A seed draws the same texts each time. Default: another each time. */
  seed?: number | null;
}
`,
  functions: [
    { name: "generate", parameters: "options?: Options", returns: "string[]", about: "Texts that it writes." },
    {
      name: "predict",
      parameters: 'condition: string, options?: Pick<Options, "temperature" | "seed">',
      returns: "{ condition: string; text: string }[]",
      about: "A text of a class, or of `column=value` with commas between.",
    },
  ],
  example: "const texts = generate({ count: 3, seed: 1 });",
});

const languageModel = (): Signatures => ({
  types: `export interface Options {
  /** What the text goes on from. */
  prompt?: string;
  /** Tokens to draw. Default 500. */
  length?: number;
  /** Below 1 bolder, above 1 more varied, 0 always the likeliest. Default 1. */
  temperature?: number;
  /** Draw among the k likeliest tokens only. */
  topK?: number;
  /** Draw among the likeliest tokens that together have this probability. */
  topP?: number;
  /** A seed draws the same text each time. Default 0. */
  seed?: number;
}
`,
  functions: [
    { name: "generate", parameters: "options?: Options", returns: "string", about: "Text that it writes." },
    {
      name: "stream",
      parameters: "options?: Options",
      returns: "IterableIterator<string>",
      about: "Text that it writes, piece by piece.",
    },
    {
      name: "next",
      parameters: "prompt?: string",
      returns: "{ token: string; probability: number }[]",
      about: "Every token that may come next, the likeliest first.",
    },
  ],
  example: 'const text = generate({ prompt: "The ", length: 100, temperature: 0.8, seed: 1 });',
});

const forecast = (): Signatures => ({
  types: `${HISTORY}
export interface Forecast {
  /** Of which series, where there are several. */
  id?: string;
  time: string | number;
  /** The median. */
  value: number;
  /** The interval of 80 %, and quantiles: none of a point forecast. */
  low?: number;
  high?: number;
  q10?: number;
  q20?: number;
  q30?: number;
  q40?: number;
  q50?: number;
  q60?: number;
  q70?: number;
  q80?: number;
  q90?: number;
}
`,
  functions: [
    {
      name: "forecast",
      parameters: "history: readonly number[] | readonly Row[]",
      returns: "Forecast[]",
      about: "What comes next: after rows with the columns it learned from, or after numbers where it needs no more.",
    },
  ],
  example: "const [next] = forecast(history);",
});

const anomaly = (description: Description): Signatures => {
  if (description["series"] === undefined) {
    return {
      types: `export interface Judgement {
  /** How unlikely its least likely token was, in nats. */
  score: number;
  /** Which token that was, counted from 1. */
  token: number;
  unusual: boolean;
}
`,
      functions: [{ name: "judge", parameters: "line: string", returns: "Judgement", about: "How unusual a line is." }],
      example: 'const { unusual } = judge("a line");',
    };
  }
  return {
    types: `${HISTORY}
export interface Judgement {
  /** Of which series, where there are several. */
  id?: string;
  time: string | number;
  value: number;
  /** How unlikely it was after those before it, in nats. */
  score: number;
  unusual: boolean;
}
`,
    functions: [
      {
        name: "judge",
        parameters: "history: readonly number[] | readonly Row[]",
        returns: "Judgement[]",
        about: "How unusual each value of a series is.",
      },
    ],
    example: "const faults = judge(history).filter(({ unusual }) => unusual);",
  };
};

/** By the names of tasks. */
export const SIGNATURES: Readonly<Record<string, (description: Description) => Signatures>> = {
  classify,
  regress,
  tag,
  seq2seq,
  generate,
  "language-model": languageModel,
  forecast,
  anomaly,
};
