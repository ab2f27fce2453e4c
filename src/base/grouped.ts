/**
 * As `value.toLocaleString("en")`, thousands with commas and three decimals at most. The first number that a page has formatted by its
 * locale costs it 40 ms: this one costs nothing.
 */
export function grouped(value: number): string {
  if (!(Math.abs(value) < 1e15)) return value.toLocaleString("en");
  const [whole, rest] = String(Number(Math.abs(value).toFixed(3))).split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest === undefined ? "" : `.${rest}`);
  return value < 0 || Object.is(value, -0) ? `-${text}` : text;
}
