import { mul } from "../../../tensor/ops/arithmetic.js";
import { matmul } from "../../../tensor/ops/matmul.js";
import { sum } from "../../../tensor/ops/reduce.js";
import { expand, permute, reshape } from "../../../tensor/ops/shape.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Call, Operator } from "../call.js";

export const EINSUM: Readonly<Record<string, Operator>> = { Einsum: einsum };

/** An operand, and which label each of its dimensions has. */
interface Labelled {
  x: Tensor;
  labels: string[];
}

/** A product over labelled dimensions, summed over those that the result has not. */
function einsum(call: Call): ReturnType<Call["like"]> {
  const equation = call.string("equation").replaceAll(" ", "");
  const [left = "", right, ...more] = equation.split("->");
  if (more.length > 0) call.fail("attribute equation", "have one arrow at most", equation);
  const terms = left.split(",");
  if (terms.length !== call.inputs.length)
    call.fail("attribute equation", `have ${call.inputs.length} terms`, equation);
  const operands = terms.map((term, place): Labelled => {
    const x = call.tensor(place);
    const labels = labelsOf(term, x.rank);
    if (labels.length !== x.rank || new Set(labels).size !== x.rank) {
      call.misshapen(`input ${place}`, `have a dimension for each letter of ${term}, each once`, x.shape);
    }
    return { x, labels };
  });
  const all = operands.flatMap(({ labels }) => labels);
  const dots = [...new Set(all.filter((label) => label.startsWith(".")))].sort();
  // Without an arrow: dots first, then letters that occur once, in the order of the alphabet.
  const once = [...new Set(all)].filter(
    (label) => !dots.includes(label) && all.indexOf(label) === all.lastIndexOf(label),
  );
  const wanted =
    right === undefined ? [...dots, ...once.sort()] : labelsOf(right, dots.length + right.replace("...", "").length);
  if (new Set(wanted).size !== wanted.length || !wanted.every((label) => all.includes(label)))
    call.fail("attribute equation", "have each letter of its result once, and among those of its terms", equation);
  let [at, ...rest] = broadcast(call, operands) as [Labelled, ...Labelled[]];
  for (const [i, next] of rest.entries()) {
    const later = new Set([...wanted, ...rest.slice(i + 1).flatMap(({ labels }) => labels)]);
    at = joined(at, next, later);
  }
  const last = summed(at, (label) => wanted.includes(label));
  return call.like(
    0,
    last.x.rank === 0
      ? last.x
      : permute(
          last.x,
          wanted.map((label) => last.labels.indexOf(label)),
        ),
  );
}

/** A label has one size; where an operand has 1, it is repeated. */
function broadcast(call: Call, operands: readonly Labelled[]): Labelled[] {
  const sizes = new Map<string, number>();
  for (const [place, { x, labels }] of operands.entries()) {
    for (const [i, label] of labels.entries()) {
      const known = sizes.get(label) ?? 1;
      if (known !== 1 && x.shape[i] !== 1 && x.shape[i] !== known)
        call.misshapen(`input ${place}`, `have size ${known} in dimension ${i}, as another operand has`, x.shape);
      if (known === 1) sizes.set(label, x.shape[i]);
    }
  }
  return operands.map(({ x, labels }) => {
    const to = labels.map((label) => sizes.get(label)!);
    return `${to}` === `${x.shape}` ? { x, labels } : { x: expand(x, to), labels };
  });
}

/** Letters one by one; dots stand for as many dimensions as are left, counted from the last. */
function labelsOf(term: string, rank: number): string[] {
  const [before = "", after] = term.split("...");
  if (after === undefined) return [...before];
  const count = rank - before.length - after.length;
  return [...before, ...Array.from({ length: Math.max(count, 0) }, (_, i) => `.${99 - count + 1 + i}`), ...after];
}

function summed({ x, labels }: Labelled, isKept: (label: string) => boolean): Labelled {
  const axes = labels.flatMap((label, i) => (isKept(label) ? [] : [i]));
  return axes.length === 0 ? { x, labels } : { x: sum(x, axes), labels: labels.filter(isKept) };
}

/** Two operands as one product of matrices: labels of both that stay are batches, those that do not are summed. */
function joined(a: Labelled, b: Labelled, later: ReadonlySet<string>): Labelled {
  const left = summed(a, (label) => later.has(label) || b.labels.includes(label));
  const right = summed(b, (label) => later.has(label) || a.labels.includes(label));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => later.has(label));
  const inner = shared.filter((label) => !later.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const sizeOf = (labels: readonly string[], { x, labels: own }: Labelled): number[] =>
    labels.map((label) => x.shape[own.indexOf(label)]);
  const product = (sizes: readonly number[]): number => sizes.reduce((p, size) => p * size, 1);
  const arranged = (of: Labelled, groups: readonly (readonly string[])[]): Tensor => {
    const order = groups.flat().map((label) => of.labels.indexOf(label));
    const turned = of.x.rank === 0 ? of.x : permute(of.x, order);
    return reshape(
      turned,
      groups.map((labels) => product(sizeOf(labels, of))),
    );
  };
  const labels = [...batch, ...rows, ...columns];
  const sizes = [...sizeOf(batch, left), ...sizeOf(rows, left), ...sizeOf(columns, right)];
  if (inner.length === 0 && rows.length === 0 && columns.length === 0) {
    return { x: reshape(mul(arranged(left, [batch]), arranged(right, [batch])), sizes), labels };
  }
  return {
    x: reshape(matmul(arranged(left, [batch, rows, inner]), arranged(right, [batch, inner, columns])), sizes),
    labels,
  };
}
