/** What a module is called in Python: `rnn.layers.0.module` is `rnn_0`. */
export function attributeOf(module: string): string {
  return module.replace(/\.layers\.(\d+)(\.module)?/g, "_$1").replaceAll(".", "_");
}

/** What a parameter is called there: `rnn_0.weight_ih_l0`. */
export function parameterOf(name: string): string {
  const at = name.lastIndexOf(".");
  return at < 0 ? name : `${attributeOf(name.slice(0, at))}${name.slice(at)}`;
}

/** A name that Python takes for a module: `my-run 2` is `my_run_2`. */
export function identifier(name: string): string {
  const plain = name.replace(/[^\p{L}\p{Nd}_]/gu, "_");
  return /^[\p{L}_]/u.test(plain) ? plain : `m_${plain}`;
}
