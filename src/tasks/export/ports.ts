import type { Port } from "../../interchange/targets/blueprint.js";

type Dimensions = readonly (number | string)[];

/** Numbers that go in or come out. */
export const floats = (name: string, shape: Dimensions, about: string): Port => ({ name, type: "float", shape, about });
/** Ids, lengths. */
export const ints = (name: string, shape: Dimensions, about: string): Port => ({ name, type: "int", shape, about });
/** How long each sequence of a padded batch is. */
export const lengthsOf = (of: string): Port =>
  ints("lengths", ["N"], `${of} of each sequence, 1 to L; what stands beyond is not read`);
