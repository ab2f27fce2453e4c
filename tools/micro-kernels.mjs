// The text of src/engine/wasm/assembly/generated/: the innermost loops of every product, one function a tile size.
// A tile of `rows` x `panels` panels of C stays in registers while k runs; sums start from `from` and run in order of k,
// so a product has the same bits however it is cut into tiles or blocks of k.

function range(n) {
  return Array.from({ length: n }, (_, i) => i);
}

/** Bytes of a packed panel from one k to the next. */
const PANEL = 32;

const times = (name, n) => (n === 1 ? name : `${name} * ${n}`);

/**
 * @param rows rows of the tile
 * @param panels panels of 8 columns side by side
 * @param packed whether A's rows lie side by side, as in a packed tile [k][rows], ks bytes from k to k; else row r starts at a + r * as,
 *   k contiguous
 * @param steps steps of k an iteration. Between them a branch leaves when k is at its end, which also keeps V8 from moving one step's
 *   arithmetic into the next: without it, it spills. V8 11's compiler spills all the same, so there it is one.
 */
function kernel(rows, panels, packed, steps = 1) {
  const lines = [];
  const vectors = panels * 2;
  const acc = (r, v) => `c${r}${v}`;
  const aPointer = (r) => (r === 0 ? "a" : `a${r}`);
  const bPointer = (p) => (p === 0 ? "b" : `b${p}`);
  const aAt = (r, s) => (packed ? `a${s > 0 ? ` + ${times("ks", s)}` : ""}, ${r * 4}` : `${aPointer(r)}, ${s * 4}`);
  const name = `${packed ? "packed" : "direct"}${rows}x${panels * 8}`;
  const params = [
    "a: usize",
    packed ? "ks: usize" : "as: usize",
    "b: usize",
    ...(panels > 1 ? ["bp: usize"] : []),
    "c: usize",
    "cs: usize",
    "from: usize",
    "fs: usize",
    "k: i32",
  ];
  lines.push(`export function ${name}(${params.join(", ")}): void {`);
  if (!packed) for (const r of range(rows).slice(1)) lines.push(`  let ${aPointer(r)} = ${aPointer(r - 1)} + as;`);
  for (const p of range(panels).slice(1)) lines.push(`  let b${p} = ${bPointer(p - 1)} + bp;`);
  for (const r of range(rows)) {
    lines.push(
      `  let ${range(vectors)
        .map((v) => `${acc(r, v)} = v128.load(from, ${v * 16})`)
        .join(", ")};`,
    );
    if (r + 1 < rows) lines.push("  from += fs;");
  }
  lines.push(
    `  let x: v128, ${range(vectors)
      .map((v) => `v${v}: v128`)
      .join(", ")};`,
  );
  const single = steps === 1;
  if (single) lines.push(`  const end = b + (<usize>k << 5);`);
  lines.push(single ? `  while (b != end) {` : `  for (; k > 0; k -= ${steps}) {`);
  for (const s of range(steps)) {
    if (s > 0) lines.push(`    if (k == ${s}) break;`);
    for (const v of range(vectors))
      lines.push(`    v${v} = v128.load(${bPointer(v >> 1)}, ${(v & 1) * 16 + s * PANEL});`);
    for (const r of range(rows)) {
      const products = range(vectors).map((v) => `${acc(r, v)} = madd(x, v${v}, ${acc(r, v)});`);
      lines.push(`    x = v128.load_splat<f32>(${aAt(r, s)}); ${products.join(" ")}`);
    }
  }
  for (const p of range(panels)) lines.push(`    ${bPointer(p)} += ${steps * PANEL};`);
  if (packed) lines.push(`    a += ${times("ks", steps)};`);
  else for (const r of range(rows)) lines.push(`    ${aPointer(r)} += ${steps * 4};`);
  lines.push("  }");
  for (const r of range(rows)) {
    for (const v of range(vectors)) lines.push(`  v128.store(c, ${acc(r, v)}, ${v * 16});`);
    if (r + 1 < rows) lines.push("  c += cs;");
  }
  lines.push("}", "");
  return lines.join("\n");
}

/**
 * Four columns, the first half of a panel.
 * @param kind "direct", "packed", or "packedTwo": two packed tiles, `a` and `a2`, whose rows of C follow each other
 */
function halfKernel(rows, kind) {
  const packed = kind !== "direct";
  const all = range(kind === "packedTwo" ? rows * 2 : rows);
  const params = ["a: usize", ...(kind === "packedTwo" ? ["a2: usize"] : []), packed ? "ks: usize" : "as: usize"];
  params.push("b: usize", "c: usize", "cs: usize", "from: usize", "fs: usize", "k: i32");
  const next = (r) => r + 1 < all.length;
  return [
    `export function ${kind}${rows}x4(${params.join(", ")}): void {`,
    ...(packed ? [] : all.slice(1).map((r) => `  let a${r} = a${r > 1 ? r - 1 : ""} + as;`)),
    ...all.flatMap((r) => [`  let c${r} = v128.load(from);`, ...(next(r) ? ["  from += fs;"] : [])]),
    "  for (; k > 0; k--) {",
    "    const v = v128.load(b);",
    `    b += ${PANEL};`,
    ...all.map((r) => {
      const at = packed ? `${r < rows ? "a" : "a2"}, ${(r % rows) * 4}` : r === 0 ? "a" : `a${r}`;
      return `    c${r} = madd(v128.load_splat<f32>(${at}), v, c${r});`;
    }),
    ...(packed ? ["    a += ks;"] : all.map((r) => `    a${r === 0 ? "" : r} += 4;`)),
    ...(kind === "packedTwo" ? ["    a2 += ks;"] : []),
    "  }",
    ...all.flatMap((r) => [`  v128.store(c, c${r});`, ...(next(r) ? ["  c += cs;"] : [])]),
    "}",
    "",
  ].join("\n");
}

const NOTE = `// Written by tools/micro-kernels.mjs; change it there.
//   c [rows x 8] = from + a · b    b: a packed panel, \`bp\` bytes from panel to panel
//   cs, fs, as: bytes from row to row of c, from (0: a bias, the same for all rows) and a; ks: from one k to the next of a
import { madd } from "../madd";
`;

/** The files to write, by name. */
export function microKernels() {
  const narrow = range(6).flatMap((i) => [kernel(i + 1, 1, false), kernel(i + 1, 1, true)]);
  const few = [kernel(1, 3, false), kernel(1, 4, false), kernel(2, 2, false), kernel(3, 2, false)];
  // For 256-bit vectors: V8 makes one of each adjacent pair. In 128 bits these have more sums than registers.
  const wide = [kernel(1, 2, false)].concat(
    [4, 5, 6].flatMap((rows) => [kernel(rows, 2, false, 4), kernel(rows, 2, true, 4)]),
  );
  const steps = [4, 5, 6].flatMap((rows) => [kernel(rows, 1, false, 4), kernel(rows, 1, true, 4)]);
  const half = range(6).flatMap((i) => [halfKernel(i + 1, "direct"), halfKernel(i + 1, "packed")]);
  half.push(...[4, 5, 6].map((rows) => halfKernel(rows, "packedTwo")));
  return {
    "micro-kernels-half.ts": [NOTE, ...half].join("\n"),
    "micro-kernels-steps.ts": [NOTE, ...steps].join("\n"),
    "micro-kernels.ts": [NOTE, ...narrow, ...few].join("\n"),
    "micro-kernels-wide.ts": [NOTE, ...wide].join("\n"),
  };
}
