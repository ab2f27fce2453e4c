import { UnsupportedError } from "../../base/errors.js";
import type { DecodedOnnx } from "../formats/onnx/decode.js";
import { isGraph, type OnnxGraph, type OnnxNode } from "../formats/onnx/model.js";
import { OPERATORS } from "./operators/index.js";

/** Versions of ONNX's own operators whose meaning is known. */
export const OPSETS = { first: 7, last: 23 } as const;

export function runsOpset(opset: number): boolean {
  return opset >= OPSETS.first && opset <= OPSETS.last;
}

/** An operator that does not run, how often it is there, and where. */
export interface MissingOperator {
  /** `Foo`, or `com.example.Foo` of another domain. */
  readonly operator: string;
  readonly count: number;
  readonly nodes: readonly string[];
}

const NO_NUMBERS: ReadonlySet<string> = new Set(["string", "sequence", "map", "optional", "sparse"]);
const SHOWN_NODES = 3;

/** Every operator of a graph, and of those in it, that does not run. */
export function missingOperators(graph: OnnxGraph): MissingOperator[] {
  const found = new Map<string, string[]>();
  for (const { op, domain, name } of allNodes(graph)) {
    if (domain === "" && OPERATORS.has(op)) continue;
    const operator = domain === "" ? op : `${domain}.${op}`;
    const nodes = found.get(operator);
    if (nodes === undefined) found.set(operator, [name]);
    else nodes.push(name);
  }
  return Array.from(found, ([operator, nodes]) => ({ operator, count: nodes.length, nodes }));
}

export function* allNodes(graph: OnnxGraph): Generator<OnnxNode> {
  for (const node of graph.nodes) {
    yield node;
    for (const value of node.attributes.values()) if (isGraph(value)) yield* allNodes(value);
  }
}

/** @throws UnsupportedError that names all that does not run */
export function checkRunnable({ opset, graph, functions }: DecodedOnnx, source: string): void {
  const op = "toModule";
  if (!runsOpset(opset)) {
    const must = `use an opset from ${OPSETS.first} to ${OPSETS.last}`;
    const fix = "Convert it with onnx.version_converter, or export it anew.";
    throw new UnsupportedError({ op, argument: source, must, value: `opset ${opset}`, fix });
  }
  const odd = [...graph.inputs, ...graph.outputs].filter(({ type }) => NO_NUMBERS.has(type));
  const missing = missingOperators(graph);
  if (missing.length === 0 && odd.length > 0) {
    const value = odd.map(({ name, type }) => `${name}: ${type}`).join(", ");
    throw new UnsupportedError({ op, argument: source, must: "take and give arrays of numbers", value });
  }
  if (missing.length === 0) return;
  const list = missing.map(({ operator, count, nodes }) => {
    const more = nodes.length > SHOWN_NODES ? ", .." : "";
    return `${operator} x${count} (${nodes.slice(0, SHOWN_NODES).join(", ")}${more})`;
  });
  const own = functions.length > 0 && missing.some(({ operator }) => functions.some((name) => operator.endsWith(name)));
  throw new UnsupportedError({
    code: "unsupported-operators",
    op,
    argument: source,
    must: "use operators that run here",
    value: list.join("; "),
    fix: own ? "Inline the file's functions with onnx.inliner." : "Its arrays can be read all the same: initializers.",
    details: { operators: missing },
  });
}
