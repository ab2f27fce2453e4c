// JSON damaged where it hurts. Texts are taken apart into nodes, so that what no JSON value can be (duplicate keys, numbers beyond
// float64, depth without end) can be written too.

/** Values that readers have stumbled over: types that are not expected, and names that JavaScript knows. */
const STRANGE = [
  "null",
  "true",
  "0",
  "-0",
  "-1",
  "1.5",
  "1e999",
  "1e-400",
  "4000000",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  `1${"0".repeat(400)}`,
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\ud83d\\ude00"',
  '"한국어"',
  '"\\u202e\\u001b[31m"',
  '"__proto__"',
  "[]",
  "[[]]",
  "{}",
  '{"toString":1}',
  '{"valueOf":null,"toString":null}',
  '{"constructor":{"name":{"toString":1}}}',
  '{"length":4294967296}',
  '{"__proto__":{"layers":1}}',
  '{"$tensor":"embed.weight"}',
  '{"$tensor":5}',
  '{"then":1}',
];
const KEYS = ["__proto__", "constructor", "toString", "length", "", "$tensor", "hidden", "한", "\\ud83d\\ude00", "x"];

/** @returns the text of a value like that of `text`, changed in one to three places; text that is no JSON is damaged as text */
export function mutateJson(text, random) {
  let root;
  try {
    root = nodeOf(JSON.parse(text));
  } catch {
    return mutateText(text, random);
  }
  for (let times = 1 + random.below(3); times > 0; times--) change(root, random);
  const written = write(root);
  return random.chance(0.1) ? mutateText(written, random) : written;
}

/** Characters lost, doubled and put in. */
export function mutateText(text, random) {
  const at = random.below(text.length + 1);
  const length = 1 + random.below(random.chance(0.2) ? 40 : 3);
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at);
    case 2:
      return text.slice(0, at + length) + text.slice(at);
    default:
      return (
        text.slice(0, at) +
        random.pick(['"', "\\", "{", "}", "[", "]", ",", ":", "\u0000", "e", "-", "\ufeff"]) +
        text.slice(at)
      );
  }
}

/** { raw } a scalar as it is written, { items } a list, { pairs } an object. */
function nodeOf(value) {
  if (Array.isArray(value)) return { items: value.map(nodeOf) };
  if (value !== null && typeof value === "object") {
    return { pairs: Object.entries(value).map(([key, item]) => [JSON.stringify(key), nodeOf(item)]) };
  }
  return { raw: JSON.stringify(value) };
}

function write(node) {
  if (node.items) return `[${node.items.map(write).join(",")}]`;
  if (node.pairs) return `{${node.pairs.map(([key, value]) => `${key}:${write(value)}`).join(",")}}`;
  return node.raw;
}

function nodesIn(node, found = []) {
  found.push(node);
  for (const item of node.items ?? []) nodesIn(item, found);
  for (const [, value] of node.pairs ?? []) nodesIn(value, found);
  return found;
}

function become(node, other) {
  for (const key of ["raw", "items", "pairs"]) delete node[key];
  Object.assign(node, other);
}

function change(root, random) {
  const nodes = nodesIn(root);
  const node = random.pick(nodes);
  if (node.pairs && random.chance(0.7)) changeObject(node, random);
  else if (node.items && random.chance(0.6)) changeList(node, random);
  else if (random.chance(0.1)) become(node, { raw: deep(random) });
  else if (random.chance(0.15)) become(node, structuredClone(random.pick(nodes)));
  else if (random.chance(0.05)) become(node, { raw: JSON.stringify("x".repeat(1 << random.below(16))) });
  else if (/^-?[0-9]/.test(node.raw ?? "") && random.chance(0.6)) {
    become(node, { raw: String(Number(node.raw) + random.pick([1, -1, 0.5, 1e3, 1e9, 2 ** 53])) });
  } else become(node, { raw: random.pick(STRANGE) });
}

function changeObject({ pairs }, random) {
  const key = () => (random.chance(0.5) && pairs.length > 0 ? random.pick(pairs)[0] : `"${random.pick(KEYS)}"`);
  const at = random.below(pairs.length + 1);
  const kind = pairs.length === 0 ? 0 : random.below(4);
  if (kind === 0) pairs.splice(at, 0, [key(), { raw: random.pick(STRANGE) }]);
  else if (kind === 1) pairs.splice(Math.min(at, pairs.length - 1), 1);
  else if (kind === 2) pairs[Math.min(at, pairs.length - 1)][0] = key();
  else {
    const [a, b] = [random.pick(pairs), random.pick(pairs)];
    [a[1], b[1]] = [b[1], a[1]];
  }
}

function changeList({ items }, random) {
  const at = random.below(items.length + 1);
  const kind = items.length === 0 ? 0 : random.below(4);
  if (kind === 0) items.splice(at, 0, { raw: random.pick(STRANGE) });
  else if (kind === 1) items.splice(Math.min(at, items.length - 1), 1);
  else if (kind === 2) items.splice(at, 0, structuredClone(random.pick(items)));
  else items.reverse();
}

function deep(random) {
  const depth = random.pick([10, 63, 64, 65, 1000, 20_000]);
  if (random.chance(0.5)) return `${"[".repeat(depth)}${"]".repeat(depth)}`;
  return `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
}
