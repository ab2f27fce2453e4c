import { show } from "../../base/errors.js";

/** In fewer rows a column may tell all of them by chance. */
const FEWEST_ROWS = 30;
/** As many are named. */
const MOST = 3;
/** Of the correlation with the number to tell: beyond, it is that number in another unit. */
const SAME = 0.99999;

/** Rows of numbers, and what is to be told of each. */
interface Numbers {
  columns: readonly string[];
  rows: readonly ArrayLike<number>[];
  told: readonly number[];
}

/** Columns of which each tells the class by itself: what is known only afterwards, or the label under another name. */
export function columnsOfClass(label: string, numbers: Numbers): string[] {
  return notesOn(label, numbers, tellsClass);
}

/** Columns of which each is the number to tell in another unit. */
export function columnsOfNumber(label: string, numbers: Numbers): string[] {
  return notesOn(label, numbers, (own, told) => Math.abs(correlation(own, told)) > SAME);
}

type Tells = (own: readonly number[], told: readonly number[]) => boolean;

function notesOn(label: string, { columns, rows, told }: Numbers, tells: Tells): string[] {
  if (rows.length < FEWEST_ROWS) return [];
  const telling = columns.filter((_, at) => tells(rows.map((row) => row[at]), told)).map(show); // biome-ignore format: a line
  if (telling.length === 0) return [];
  const more = telling.length > MOST ? ` and ${telling.length - MOST} more` : "";
  const one = telling.length === 1;
  return [`${telling.slice(0, MOST).join(", ")}${more} alone ${one ? "tells" : "each tell"} ${show(label)}: leave ${one ? "it" : "them"} out if not known before`]; // biome-ignore format: a line
}

/** In the order of its values each class stands in one piece: it has as many stretches as there are classes. */
function tellsClass(own: readonly number[], told: readonly number[]): boolean {
  const order = [...own.keys()].sort((a, b) => own[a] - own[b]);
  let stretches = 1;
  for (let i = 1; i < order.length; i++) {
    const [a, b] = [order[i - 1], order[i]];
    if (told[a] === told[b]) continue;
    if (own[a] === own[b]) return false;
    stretches++;
  }
  const classes = new Set(told).size;
  return classes > 1 && stretches === classes;
}

/** Pearson's; 0 where one does not vary. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] - ma, b[i] - mb];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa * bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
