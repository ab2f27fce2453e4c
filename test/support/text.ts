import { Generator } from "../../src/base/random.js";

const WORDS = "the sea was calm and a ship sailed under white clouds while old men sang of whales".split(" ");

/** Readable nonsense of about `length` characters, the same for a seed. */
export function nonsense(length: number, seed = 3): string {
  const generator = new Generator(seed);
  let text = "";
  while (text.length < length) {
    const words = Array.from({ length: 3 + generator.integer(6) }, () => WORDS[generator.integer(WORDS.length)]!);
    text += `${words.join(" ")}${generator.integer(3) === 0 ? ".\n" : ", "}`;
  }
  return text.slice(0, length);
}
