import { numberText } from "../../base/number-text.js";
import type { Answers } from "../many-to-one/stream.js";
import type { Meaning } from "./types.js";

/** The number to tell, in the units of its column. */
export function answersOf({ mean, scale }: Meaning): Answers {
  return {
    answer(outputs, at) {
      const value = outputs[at] * scale + mean;
      return { text: numberText(value), values: { value } };
    },
  };
}
