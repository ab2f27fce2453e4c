import { FormatError } from "../../../base/errors.js";
import { stack } from "../../../tensor/ops/join.js";
import { flip } from "../../../tensor/ops/shape.js";
import { select } from "../../../tensor/ops/slice.js";
import { isFloatType } from "../../formats/onnx/element-types.js";
import type { OnnxGraph } from "../../formats/onnx/model.js";
import type { Call, Operator } from "../call.js";
import { Floats, type HostType, hostOf, moved, type Value } from "../value.js";
import { floats } from "./constant.js";
import { together } from "./select.js";

/** A condition that never turns false is a mistake; so many steps are none that anybody waits for. */
const MOST_STEPS = 1_000_000;

export const CONTROL: Readonly<Record<string, Operator>> = {
  If: (call) => call.around.runGraph(call.graph(call.number(0) === 0 ? "else_branch" : "then_branch"), []),
  Loop: loop,
  Scan: scan,
};

function loop(call: Call): Value[] {
  const body = call.graph("body");
  const most = call.has(0) ? call.number(0) : Infinity;
  let goesOn = call.has(1) ? call.number(1) !== 0 : true;
  let carried = call.inputs.slice(2).map((_, i) => call.value(i + 2));
  const states = carried.length;
  const collected: Value[][] = body.outputs.slice(1 + states).map(() => []);
  for (let i = 0; i < most && goesOn; i++) {
    if (i === MOST_STEPS) {
      const must = `end within ${MOST_STEPS} steps`;
      throw new FormatError({ op: "Loop", argument: "the body", must, value: "a condition that stays true" });
    }
    const step = [hostOf("int64", [], [i]), hostOf("bool", [], [1]), ...carried];
    const [condition, ...rest] = call.around.runGraph(body, step.slice(0, body.inputs.length));
    if (condition === undefined || condition instanceof Floats || rest.length < states) {
      return call.fail("the body", "give a condition and all states", `${body.outputs.length} outputs`);
    }
    goesOn = condition.data[0] !== 0;
    carried = rest.slice(0, states);
    for (const [k, list] of collected.entries()) list.push(rest[states + k]);
  }
  return [...carried, ...collected.map((list, k) => stacked(call, list, 0, body, 1 + states + k))];
}

/** One behind another, in a dimension of their own. */
function stacked(call: Call, list: readonly Value[], axis: number, body: OnnxGraph, output: number): Value {
  if (list.length > 0) return together(call, list, (tensors) => stack(tensors, axis));
  const { type, shape } = body.outputs[output];
  const sizes = (shape ?? []).map((size) => (typeof size === "number" ? size : 0));
  const empty = [...sizes.slice(0, axis), 0, ...sizes.slice(axis)];
  return isFloatType(type) ? floats(call, type, empty, []) : hostOf(type as HostType, empty, []);
}

function scan(call: Call): Value[] {
  if (call.opset < 9) return call.fail("opset", "be 9 or later", `${call.opset}`, "Convert the file to a newer opset.");
  const body = call.graph("body");
  const count = call.int("num_scan_inputs");
  const states = call.inputs.length - count;
  if (states < 0 || count < 1) call.fail("attribute num_scan_inputs", `be in [1, ${call.inputs.length}]`, `${count}`);
  const all = call.inputs.map((_, place) => call.value(place));
  const inputs = all.slice(states);
  const outputs = body.outputs.length - states;
  const list = (name: string, length: number) => call.intList(name) ?? new Array<number>(length).fill(0);
  const inAxes = list("scan_input_axes", count).map((axis, i) => call.axis(axis, inputs[i].shape.length));
  const backIn = list("scan_input_directions", count);
  const [outAxes, backOut] = [list("scan_output_axes", outputs), list("scan_output_directions", outputs)];
  const length = inputs[0].shape[inAxes[0]];
  for (const [i, { shape }] of inputs.entries()) {
    if (shape[inAxes[i]] !== length)
      call.misshapen(`input ${states + i}`, `have ${length} steps in dimension ${inAxes[i]}`, shape);
  }
  let carried = all.slice(0, states);
  const collected: Value[][] = Array.from({ length: outputs }, () => []);
  for (let t = 0; t < length; t++) {
    const step = inputs.map((x, i) => moved(x, (tensor) => select(tensor, inAxes[i], backIn[i] ? length - 1 - t : t)));
    const results = call.around.runGraph(body, [...carried, ...step]);
    carried = results.slice(0, states);
    for (const [k, made] of collected.entries()) made.push(results[states + k]);
  }
  const joined = collected.map((made, k) => {
    const rank = (made[0]?.shape.length ?? 0) + 1;
    const axis = outAxes[k] < 0 ? outAxes[k] + rank : outAxes[k];
    const out = stacked(call, made, axis, body, states + k);
    return backOut[k] && made.length > 0 ? moved(out, (tensor) => flip(tensor, axis)) : out;
  });
  return [...carried, ...joined];
}
