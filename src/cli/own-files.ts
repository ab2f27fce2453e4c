/**
 * A file of this package, by its path there: in the source tree and in the package, its folder lies two folders up. Files that name one
 * stand in folders of their own, which a build puts into one.
 */
export function packageFile(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

/** A file of the build that this one is part of, by its path there; in the source tree there is none. */
export function builtFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
