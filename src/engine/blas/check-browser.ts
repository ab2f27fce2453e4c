/** In place of check.ts in a bundle for browsers (`browser` in package.json), where `findBlas` finds none to check. */
export function doubtAboutBlas(): string {
  return "a bundle for browsers has no check of it";
}
