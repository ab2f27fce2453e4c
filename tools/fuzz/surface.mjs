/** Everything public, found at run time: a new name enters by itself. */

/** Public in JavaScript only: marked protected or @internal in the source, so no caller has their types. */
const NOT_PUBLIC = new Set([
  ...[
    "buffer",
    "checkAlive",
    "storage",
    "node",
    "tableRows",
    // Of scalers, which TypeScript protects.
    "affine",
    "initial",
    "keep",
    "learn",
    "read",
    "seenBefore",
    "hold",
    "letGo",
    "release",
    "temporary",
    "holds",
    "outputIndex",
  ],
  ...["update", "average", "stateNames", "stateTensor", "apply", "lrAt", "members", "anatomy", "observer", "decoupled"],
  ...["momentumAt", "share", "ownParameters"],
  ...["statesOf", "stateFrom", "packRows", "padRows", "reversePadded", "lockedRows", "temporalRegularizationOfRows"],
  ...["runForward", "runBackward", "checkState", "stepForward", "stepBackward", "atLastState"],
]);
/** `update` and `apply` are protected on optimisers and schedules alone; here they are everybody's. */
const PUBLIC_ALL_THE_SAME = new Set(["Module.apply", "EarlyStopping.update", "layers.update"]);
/** Those that only subclasses make: their members are called on what is made of the subclasses. */
const ABSTRACT = new Set([
  "Optimizer",
  "Schedule",
  "AveragingOptimizer",
  "WeightAverage",
  "HiddenStack",
  "LSTMStack",
  "Recurrent",
  "Model",
]);
/** Marked @internal: what makes tensors calls it. */
const NOT_MADE = new Set(["Tensor"]);

const isClass = (value) => /^class\b/.test(Function.prototype.toString.call(value));
const isNamespace = (value) => Object.prototype.toString.call(value) === "[object Module]";

/** @returns targets: { name, kind: "function" | "constructor" | "method" | "getter" | "setter", value, owner?, key? } */
export function surface(packages) {
  const targets = [];
  const seen = new Set();
  for (const [name, exports] of Object.entries(packages)) walk(name, exports, targets, seen);
  return targets;
}

function walk(path, exports, targets, seen) {
  for (const [key, value] of Object.entries(exports)) {
    const name = `${path}.${key}`;
    if (NOT_PUBLIC.has(key) || seen.has(value)) continue;
    if (typeof value === "function" || isNamespace(value)) seen.add(value);
    if (isNamespace(value)) walk(name, value, targets, seen);
    else if (typeof value === "function" && !isClass(value)) targets.push({ name, kind: "function", value });
    else if (typeof value === "function") addClass(name, value, targets);
  }
}

function addClass(name, owner, targets) {
  if (owner.prototype instanceof Error) return;
  const key = name.split(".").at(-1);
  if (!NOT_MADE.has(key)) targets.push({ name: `new ${name}`, kind: "constructor", value: owner, owner: name });
  for (const member of Object.getOwnPropertyNames(owner)) {
    if (typeof owner[member] === "function" && !isClass(owner[member]))
      targets.push({ name: `${name}.${member}`, kind: "function", value: owner[member], self: owner });
  }
  const members = new Set();
  for (
    let proto = owner.prototype;
    proto !== null && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    for (const member of Reflect.ownKeys(proto)) {
      // What is called by a symbol of its own is told between modules, and has no public name.
      if (typeof member === "symbol" && Symbol[member.description?.replace("Symbol.", "")] !== member) continue;
      if (member === "constructor" || members.has(member)) continue;
      members.add(member);
      const family = name.startsWith("layers.") ? "layers" : isModule(owner) ? "Module" : key;
      if (member === "step" && key.endsWith("Cell")) continue;
      if (NOT_PUBLIC.has(member) && !PUBLIC_ALL_THE_SAME.has(`${family}.${member}`)) continue;
      addMember(name, proto, member, targets, ABSTRACT.has(key));
    }
  }
}

function isModule(owner) {
  return typeof owner.prototype.registerBuffer === "function";
}

function addMember(owner, proto, member, targets, abstract) {
  if (abstract) return;
  const { value, get, set } = Object.getOwnPropertyDescriptor(proto, member);
  const name = `${owner}#${String(member)}`;
  if (typeof value === "function") targets.push({ name, kind: "method", value, owner, key: member });
  if (get) targets.push({ name, kind: "getter", value: get, owner, key: member });
  if (set) targets.push({ name: `${name}=`, kind: "setter", value: set, owner, key: member });
}
