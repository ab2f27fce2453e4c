/** What the curves of a run are called. */
export const LOSS = "loss";
export const GRADIENT = "gradient norm";
/** Of what is held out: `valid loss`, `valid accuracy`. */
export const HELD_OUT = "valid ";
