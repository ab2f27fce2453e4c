import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { nn, randn } from "../../src/index.js";
import { chain, keras, withoutPrefix } from "../../src/interchange/index.js";

const page = (name: string): string => readFileSync(`docs/guides/develop/${name}.md`, "utf8");
const bare = (code: string): string => code.replace(/ *\/\/.*$/gm, "").replace(/\s+/g, " ");

test("the cell of the page is the one in the source", () => {
  const [, shown] = /```ts\n(const CELL[\s\S]*?)```/.exec(page("add-a-cell"))!;
  expect(bare(readFileSync("src/nn/recurrent/cells/mgu.ts", "utf8"))).toContain(bare(shown!).trim());
});

test("what the page does with a convention loads another toolkit's weights", () => {
  const arrays = new Map();
  const original = new nn.LSTM(3, 4);
  const lstm = keras({ cell: "lstm", names: { kernel: "kernel", recurrent: "recurrent_kernel", bias: "bias" } });
  const convention = chain(withoutPrefix("model."), lstm);
  for (const [name, weight] of original.stateDict()) {
    arrays.set(name, { dtype: weight.dtype, shape: weight.shape, data: weight.data() });
  }
  const theirs = convention.toTheirs(arrays);
  expect([...theirs.keys()].sort()).toEqual(["model.bias", "model.kernel", "model.recurrent_kernel"]);
  const model = new nn.LSTM(3, 4);
  model.loadStateDict(convention.toOurs(theirs));
  const x = randn([5, 2, 3]);
  const [y] = model.forward(x);
  const [expected] = original.forward(x);
  for (const [i, value] of expected.data().entries()) expect(y.data()[i]).toBeCloseTo(value, 6);
  for (const line of ["keras({ cell:", "chain(withoutPrefix(", "model.loadStateDict(convention.toOurs(arrays));"]) {
    expect(page("add-a-format")).toContain(line);
  }
});
