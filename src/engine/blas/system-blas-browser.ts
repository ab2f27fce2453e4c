import type { Found } from "./system-blas.js";

/** In place of system-blas.ts in a bundle for browsers (`browser` in package.json), where no library of the system can be called. */
export function findBlas(): Found {
  return { none: "a browser cannot call it", isWorthSaying: false };
}
