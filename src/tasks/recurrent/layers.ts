import type { Range } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { countOrNull, type Field, type Fields, oneOf, real, realOrNull } from "../../base/fields.js";
import type { Shape } from "../../base/shape.js";
import { type RecurrentModule, RecurrentStack, WeightDrop } from "../../nn/index.js";
import { RECURRENT_CELLS, type RecurrentCell, type RecurrentCellName } from "../../nn/recurrent/table.js";

/** The recurrent cells that tasks offer: all that `nn` has. */
export const CELLS: readonly RecurrentCellName[] = RECURRENT_CELLS.map(({ name }) => name).sort();
export type CellName = RecurrentCellName;

/** How large recurrent layers are, one on top of the other. */
export interface RecurrentSizes {
  cell: CellName;
  input: number;
  hidden: number;
  layers: number;
  bidirectional?: boolean;
  /** Of the last layer; null and left out: as the others. */
  lastHidden?: number | null;
  /** What the outputs of each layer are projected to; null and left out: they are not. */
  projSize?: number | null;
}

/** What regularises recurrent layers, in training. */
export interface RecurrentRates {
  /** Between the layers. */
  dropout: number;
  /** Locked dropout between the layers. */
  hiddenDropout: number;
  weightDrop: number;
  recurrentDropout: number;
  zoneout: number;
  /** Of the cell state; null: as zoneout. */
  zoneoutCell: number | null;
  /** Of whole tokens where they are embedded. */
  embeddingDropout: number;
  /** Locked dropout of what the lowest layer reads. */
  inputDropout: number;
}

export type RecurrentSettings = RecurrentSizes & RecurrentRates;
type Settings = RecurrentSettings;

const PART: Range = { min: 0, max: 1, openMax: true };
const group = { group: "Regularisation, in training:", younger: true };
const rate = (help: string): Field<number> => real(0, PART, { ...group, help });
const fixedRate = (help: string): Field<number> => real(0, PART, { ...group, help, fixed: true });

export const CELL_FIELD = oneOf(CELLS, "lstm", { help: "the recurrent cell", fixed: true });

export const PROJECTION_FIELD = countOrNull("64", {
  help: "project each layer's outputs to so many numbers (default: none)",
  seldom: true,
  younger: true,
  fixed: true,
});

/** `dropout` is said by each task in its own words. */
export const RATE_FIELDS: Fields<Omit<RecurrentRates, "dropout">> = {
  embeddingDropout: rate("probability to drop a token wherever it occurs in a batch"),
  inputDropout: rate("locked dropout (one mask for all steps) of what the lowest layer reads"),
  hiddenDropout: fixedRate("locked dropout between layers"),
  weightDrop: fixedRate("probability to drop a recurrent weight (DropConnect)"),
  recurrentDropout: rate("dropout of h inside the recurrence, one mask for all steps"),
  zoneout: rate("probability of a unit to keep its state for a step"),
  zoneoutCell: realOrNull("0.5", PART, { ...group, help: "zoneout of the cell state (default: as --zoneout)" }),
};

export function cellNamed(name: CellName): RecurrentCell {
  return RECURRENT_CELLS.find((cell) => cell.name === name)!;
}

/** Refuses what the cell cannot have. @throws OptionError with the setting to leave out */
export function checkRates(op: string, settings: Settings, nameOf: (key: string) => string = (key) => key): void {
  const { cell: name, weightDrop, recurrentDropout, zoneout, zoneoutCell, hiddenDropout, layers } = settings;
  const { cell, title } = cellNamed(name);
  checkProjection(op, settings, nameOf);
  const refuse = (key: keyof Settings, value: number, why: string): void => {
    if (value === 0) return;
    const must = `be left out with ${nameOf("cell")} ${name}: ${title} ${why}`;
    const [argument, fix] = [nameOf(key), `Leave ${nameOf(key)} out.`];
    throw new OptionError({ op, argument, must, value: String(value), fix, details: { settings: { [key]: null } } });
  };
  if (cell.recurrent === undefined) refuse("weightDrop", weightDrop, "has no recurrent weights");
  if (!cell.takesNoise) {
    refuse("recurrentDropout", recurrentDropout, "does not multiply its state by weights");
    refuse("zoneout", zoneout, "takes all steps at once");
  }
  if (cell.states === 1 || !cell.takesNoise) refuse("zoneoutCell", zoneoutCell ?? 0, "has no cell state to keep");
  if (layers === 1) {
    const must = `be 0 with ${nameOf("layers")} 1: there is nothing between layers`;
    const details = { settings: { hiddenDropout: null } };
    const argument = nameOf("hiddenDropout");
    if (hiddenDropout > 0) throw new OptionError({ op, argument, must, value: String(hiddenDropout), details });
  }
}

/** @throws OptionError for a projection of a cell that has none, of layers of two widths, or to more than there is */
function checkProjection(op: string, settings: Settings, nameOf: (key: string) => string): void {
  const { cell: name, projSize, lastHidden, hidden } = settings;
  if (projSize == null) return;
  const { cell, title } = cellNamed(name);
  const must = !cell.projects
    ? `be left out with ${nameOf("cell")} ${name}: ${title} has no projection`
    : lastHidden != null
      ? `be left out with ${nameOf("lastHidden")}: outputs of all layers are of one size`
      : projSize >= hidden
        ? `be less than ${nameOf("hidden")} (${hidden})`
        : "";
  if (must === "") return;
  const [argument, fix] = [nameOf("projSize"), `Leave ${nameOf("projSize")} out.`];
  const details = { settings: { projSize: null } };
  throw new OptionError({ op, argument, must, value: String(projSize), fix, details });
}

/** Of the outputs of layers of one width, D·H or D·P. */
export function layersWidth({ hidden, projSize, bidirectional }: Omit<RecurrentSizes, "input">): number {
  return (projSize ?? hidden) * (bidirectional ? 2 : 1);
}

/** Layers of one width are one module; with weights or masks of their own each is a module in a stack. */
function isStack({ hiddenDropout, weightDrop, hidden, lastHidden }: Settings): boolean {
  return hiddenDropout > 0 || weightDrop > 0 || (lastHidden ?? hidden) !== hidden;
}

/** The sizes of each layer. */
function* eachLayer({ input, hidden, layers, bidirectional = false, lastHidden, projSize }: RecurrentSizes) {
  const directions = bidirectional ? 2 : 1;
  for (let layer = 0, inputSize = input; layer < layers; layer++) {
    const hiddenSize = layer === layers - 1 ? (lastHidden ?? hidden) : hidden;
    const outputSize = projSize ?? hiddenSize;
    yield { inputSize, hiddenSize, outputSize };
    inputSize = outputSize * directions;
  }
}

/** Recurrent layers of a cell with what regularises them. */
export function recurrentLayers(settings: Settings): RecurrentModule {
  const { cell: name, input, hidden, layers, bidirectional = false, dropout, hiddenDropout, weightDrop } = settings;
  const { make, cell } = cellNamed(name);
  const { recurrentDropout, zoneout, zoneoutCell, projSize } = settings;
  const kept = cell.states === 1 ? zoneout : { h: zoneout, c: zoneoutCell ?? zoneout };
  // Only a cell whose steps are taken one by one knows these options.
  const own = {
    ...(cell.takesNoise && { recurrentDropout, zoneout: kept }),
    ...(projSize != null && { projSize }),
  };
  if (!isStack(settings)) {
    return make(input, hidden, { numLayers: layers, bidirectional, dropout: layers > 1 ? dropout : 0, ...own });
  }
  const stack = Array.from(eachLayer(settings), ({ inputSize, hiddenSize }) => {
    const layer: RecurrentModule = make(inputSize, hiddenSize, { bidirectional, ...own });
    return cell.recurrent === undefined ? layer : new WeightDrop(layer, weightDrop);
  });
  return new RecurrentStack(stack, { dropout, lockedDropout: hiddenDropout });
}

/** Of each module in them: what follows the name of their own in the names of its parameters, and its sizes. */
export function moduleSizes(
  settings: Settings,
): { path: string; inputSize: number; hiddenSize: number; outputSize: number; numLayers: number }[] {
  const { input: inputSize, hidden: hiddenSize, layers: numLayers, projSize } = settings;
  const outputSize = projSize ?? hiddenSize;
  if (!isStack(settings)) return [{ path: "", inputSize, hiddenSize, outputSize, numLayers }];
  const wrapped = cellNamed(settings.cell).cell.recurrent === undefined ? "" : ".module";
  return Array.from(eachLayer(settings), (sizes, k) => ({ path: `.layers.${k}${wrapped}`, ...sizes, numLayers: 1 }));
}

/** Of each state that they carry, the layers and directions in it, and the sizes of h and c; of a stack one a layer. */
export function stateShapes(settings: Settings): (readonly [rows: number, h: number, c: number])[] {
  const { layers, hidden, bidirectional = false, projSize } = settings;
  const directions = bidirectional ? 2 : 1;
  if (!isStack(settings)) return [[layers * directions, projSize ?? hidden, hidden]];
  return Array.from(eachLayer(settings), ({ hiddenSize, outputSize }) => [directions, outputSize, hiddenSize] as const);
}

/** Their parameters by name, with their shapes, as the cell says. */
export function recurrentShapes(prefix: string, settings: Settings): Map<string, Shape> {
  const { cell: name, bidirectional = false } = settings;
  const { cell, parameters } = cellNamed(name);
  const stacked = isStack(settings);
  const shapes = new Map<string, Shape>();
  for (const [layer, sizes] of [...eachLayer(settings)].entries()) {
    const own = Object.entries(parameters(sizes));
    const start = stacked ? `${prefix}.layers.${layer}.${cell.recurrent === undefined ? "" : "module."}` : `${prefix}.`;
    for (const direction of bidirectional ? ["", "_reverse"] : [""]) {
      for (const [parameter, { shape }] of own) {
        shapes.set(`${start}${parameter}_l${stacked ? 0 : layer}${direction}`, shape);
      }
    }
  }
  return shapes;
}

/** What single operations keep of a token, for each row of a cell's parameters: as measured, within a third for most cells. */
const KEPT_BY_ROW = { walk: 3, scan: 7 };

/**
 * Numbers that a step of training keeps for each token. A kernel keeps gates and their gradients, cell states, outputs and their
 * gradients; single operations each its result, and more of them the more parameters a cell has.
 */
export function recurrentActivations(settings: Settings): number {
  const { cell: name, bidirectional = false, zoneout, zoneoutCell, recurrentDropout } = settings;
  const { cell, parameters } = cellNamed(name);
  const inKernel = cell.kernel != null && zoneout === 0 && (zoneoutCell ?? 0) === 0 && recurrentDropout === 0;
  let numbers = 0;
  for (const sizes of eachLayer(settings)) {
    const own = parameters(sizes);
    const rows = Object.values(own).reduce((sum, { shape }) => sum + shape[0], 0);
    if (inKernel) numbers += 2 * own["weight_ih"].shape[0] + 5 * sizes.hiddenSize;
    else numbers += rows * (cell.recurrent === undefined ? KEPT_BY_ROW.scan : KEPT_BY_ROW.walk);
  }
  return numbers * (bidirectional ? 2 : 1);
}
