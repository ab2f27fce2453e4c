import { scoreWords } from "../score/words.js";
import { lookWords } from "./look-words.js";

/** Every word of the studio that is not the library's own. */
export const en = {
  language: "English",
  studio: "Unrolled studio",
  views: { train: "Train", look: "Look", learn: "Learn" },
  loading: "loading",
  theme: { label: "Appearance", auto: "as the system", light: "light", dark: "dark" },
  look: lookWords,
  score: scoreWords,
  learn: { empty: "Here one cell is unrolled, step by step." },
};

export type Strings = typeof en;
