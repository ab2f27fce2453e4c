import { ROW_FIELDS } from "../inspection/rows.js";
import { CONDITION_FIELDS } from "./writing.js";

/** Which texts are looked at, and what they are written of. */
export const INSPECT_FIELDS = {
  ...ROW_FIELDS,
  label: { ...CONDITION_FIELDS.label, help: "the class that a --text is of (default: each in turn)" },
  condition: { ...CONDITION_FIELDS.condition, help: "what else a --text is of, as column=value" },
};
