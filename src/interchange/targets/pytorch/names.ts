/** What a module is called in Python: `rnn.layers.0.module` is `rnn_0`. */
export function attributeOf(module: string): string {
  return module.replace(/\.layers\.(\d+)(\.module)?/g, "_$1").replaceAll(".", "_");
}

/** What a parameter is called there: `rnn_0.weight_ih_l0`. */
export function parameterOf(name: string): string {
  const at = name.lastIndexOf(".");
  return at < 0 ? name : `${attributeOf(name.slice(0, at))}${name.slice(at)}`;
}

/** What no module of Python can be called, and those that ours imports: a file beside it would stand in their way. */
const TAKEN: ReadonlySet<string> = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with yield pathlib torch types"
  ).split(" "),
);

/** A name that Python takes for a module: `my-run 2` is `my_run_2`. */
export function identifier(name: string): string {
  const plain = name.replace(/[^\p{L}\p{Nd}_]/gu, "_");
  return /^[\p{L}_]/u.test(plain) && !TAKEN.has(plain) ? plain : `m_${plain}`;
}

/** A text as it can stand in a docstring: names of columns may be anything. */
export function docText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, " ")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', "'");
}
