import { FormatError, show } from "../../base/errors.js";

/** What is wrong with a column that holds one number alone. */
export function oneNumber(file: string, label: string, number: number): FormatError {
  const value = `${number} alone in column ${show(label)}`;
  const fix = "Name the column of the numbers (label), or add rows with other ones.";
  return new FormatError({ op: "regress", argument: file, must: "have different numbers to tell", value, fix });
}
