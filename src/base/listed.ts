/** The names in a list with commas. */
export function listed(list: string | null): string[] {
  return (list ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
