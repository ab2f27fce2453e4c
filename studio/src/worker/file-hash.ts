import { OptionError } from "./library.js";

/** A page has some gigabytes for all that it does; a file is read into them whole, and what is made of it is larger. */
const MOST = 512;

/** @throws OptionError for a file that is too large to be read here */
export async function hashOf(name: string, file: Blob): Promise<string> {
  const size = file.size / 2 ** 20;
  if (size > MOST) {
    const must = `be a file of at most ${MOST} MiB in a page`;
    const fix = "`npx unrolled train` reads larger ones piece by piece; or drop a part of it here.";
    throw new OptionError({
      op: "train",
      argument: name,
      must,
      value: `${Math.ceil(size).toLocaleString("en")} MiB`,
      fix,
    });
  }
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
