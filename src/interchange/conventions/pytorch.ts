import type { NamedArrays } from "../named-array.js";
import { type Convention, chain, renamed } from "./convention.js";
import { normedIn, weightNorm } from "./weight-norm.js";

/** What checkpoints call the weights beside what training goes on from; the likelier first. */
const CONTAINERS = ["model_state_dict", "state_dict", "model_state", "model", "net", "network", "weights", "params"];
/** What stands beside them, by its beginning. */
const BESIDE = /^(optim|opt\b|sched|lr_|scaler|ema|rng|amp|epoch|step|args|config|loss|best|callbacks|loops)/i;
/** Wrappers that put their name before all others: DataParallel, torch.compile. */
const WRAPPERS = /(^|\.)(?:(?:module|_orig_mod)\.)+/g;
/** What weight drop keeps of a weight that it writes anew in each pass. */
const RAW = /^(weight_(?:ih|hh|hr)(?:_l\d+)?(?:_reverse)?)_raw$/;

/**
 * How a state dict of PyTorch came to its names, and the way to those of the modules themselves: out of a checkpoint's
 * `model_state_dict.`, without DataParallel's `module.` and `torch.compile`'s `_orig_mod.`, without weight drop's `_raw`, and with
 * weights in place of weight norm's lengths and directions, old (`weight_g`, `weight_v`) and new (`parametrizations.weight.original0`).
 * @param arrays  of a whole state dict: it says which of these there are
 */
export function pytorchNames(arrays: NamedArrays): Convention {
  const names = plainNames([...arrays.keys()]);
  const back = new Map([...names].map(([theirs, ours]) => [ours, theirs]));
  const rename = renamed(
    "pytorch names",
    (theirs) => names.get(theirs),
    (ours) => back.get(ours),
  );
  const copies = withoutCopies([...arrays.keys()], names);
  const plain = rename.toOurs(copies.toOurs(arrays));
  const normed = normedIn(plain);
  return { ...chain(copies, rename, weightNorm(normed)), name: "pytorch" };
}

/** Names of what training goes on from, in a checkpoint that keeps the weights apart from it. */
export function besideWeights(all: readonly string[]): string[] {
  const container = containerOf(all);
  return container === "" ? [] : all.filter((name) => !name.startsWith(container));
}

/** By their names in the file; only those that change. */
function plainNames(all: readonly string[]): Map<string, string> {
  const container = containerOf(all);
  const plain = (name: string): string => {
    if (container !== "" && !name.startsWith(container)) return name;
    const own = unwrapped(name.slice(container.length));
    const last = own.lastIndexOf(".") + 1;
    return own.slice(0, last) + own.slice(last).replace(RAW, "$1");
  };
  const taken = new Map<string, string[]>();
  for (const name of all) {
    const to = plain(name);
    const from = taken.get(to);
    if (from === undefined) taken.set(to, [name]);
    else from.push(name);
  }
  const names = new Map<string, string>();
  for (const [to, from] of taken) {
    const raw = from.length === 2 ? from.filter(isRaw) : [];
    // Where names become one, and it is not because a weight is kept twice, they stay as they are.
    const one = from.length === 1 ? from[0] : raw.length === 1 ? raw[0] : to;
    if (one !== to) names.set(one, to);
  }
  return names;
}

/** Without the names of wrappers before the last part. */
const unwrapped = (name: string): string => name.replace(WRAPPERS, "$1");

const isRaw = (name: string): boolean => RAW.test(name.slice(name.lastIndexOf(".") + 1));

/** `model_state_dict.`, where all else is of training; empty where there is none. */
function containerOf(all: readonly string[]): string {
  const found = CONTAINERS.find((name) => {
    const own = all.filter((each) => each.startsWith(`${name}.`));
    return own.length > 0 && all.every((each) => each.startsWith(`${name}.`) || BESIDE.test(each));
  });
  return found === undefined ? "" : `${found}.`;
}

/** Leaves out what weight drop made of its raw weights; on the way back it is what they are. */
function withoutCopies(all: readonly string[], names: ReadonlyMap<string, string>): Convention {
  const raws = new Map(
    all.filter((name) => isRaw(name) && names.has(name)).map((raw) => [unwrapped(raw).replace(/_raw$/, ""), raw]),
  );
  const copies = all.flatMap((name) => {
    const raw = isRaw(name) ? undefined : raws.get(unwrapped(name));
    return raw === undefined ? [] : [[name, raw] as const];
  });
  return {
    name: "weight drop",
    toOurs(theirs) {
      const left = new Map(theirs);
      for (const [copy] of copies) left.delete(copy);
      return left;
    },
    toTheirs(ours) {
      const whole = new Map(ours);
      for (const [copy, raw] of copies) {
        const array = ours.get(raw);
        if (array !== undefined) whole.set(copy, array);
      }
      return whole;
    },
  };
}
