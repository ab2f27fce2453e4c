/** In place of wide-check.ts in a bundle for browsers (`browser` in package.json): no browser lets a page set the flags of V8 that it is for. */
export function doubtAboutWide(): string {
  return "a bundle for browsers has no check of them";
}
