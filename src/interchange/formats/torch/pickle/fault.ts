import { type ErrorDetails, FormatError } from "../../../../base/errors.js";

/** Refuses a pickle. */
export type Refuse = (
  must: string,
  value: string,
  more?: { fix?: string | undefined; code?: string | undefined; details?: ErrorDetails | undefined },
) => never;

/** @param argument  what the pickle is called in errors: `data.pkl of model.pt` */
export function refuserOf(argument: string): Refuse {
  return (must, value, more = {}) => {
    throw new FormatError({ op: "read", argument, must, value, ...more });
  };
}

/** How weights get out of a program that pickled more. */
export const SAVE_WEIGHTS = "Save the weights alone: torch.save(model.state_dict(), path).";
