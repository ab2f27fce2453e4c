import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { wideHooks, wideUnavailable } from "../../../src/engine/wasm/wide.js";

const V8_OF_NODE_24 = "13.6.233.17-node.53";
const unavailable = wideUnavailable();

/** Fresh modules: what an earlier test compiled, checked or warned of is forgotten. */
async function fresh() {
  vi.resetModules();
  const unrolled = await import("../../../src/index.js");
  const wide = await import("../../../src/engine/wasm/wide.js");
  return { unrolled, hooks: wide.wideHooks };
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Where the code has this byte sequence. */
function occurrences(bytes: Bytes, sequence: readonly number[]): number[] {
  const found: number[] = [];
  for (let i = 0; i < bytes.length; i++) if (sequence.every((byte, j) => bytes[i + j] === byte)) found.push(i);
  return found;
}

const MADD = [0xfd, 0x85, 0x02] as const;
/** Turns the `index`-th relaxed_madd of the kernels, counted from the end if negative, into relaxed_nmadd. */
function breakProduct(index: number): (bytes: Bytes) => Bytes {
  return (bytes) => {
    const broken = bytes.slice();
    broken[occurrences(bytes, MADD).at(index)! + 1] = 0x86;
    return broken;
  };
}

/** Losses of three steps of a small language model, whose bits no variant changes. */
function train({ nn, optim, manualSeed, randint }: typeof import("../../../src/index.js")): number[] {
  manualSeed(1);
  const [embed, lstm, head] = [new nn.Embedding(30, 16), new nn.LSTM(16, 24), new nn.Linear(24, 30)];
  const parameters = [embed, lstm, head].flatMap((module) => [...module.parameters()]);
  const optimizer = new optim.SGD(parameters, { lr: 0.5 });
  const x = randint(0, 30, [7, 9]);
  return [1, 2, 3].map(() => {
    optimizer.zeroGrad();
    const [y] = lstm.forward(embed.forward(x));
    const loss = nn.functional.linearCrossEntropy(y, head.weight, head.bias, x);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

const warn = vi.spyOn(console, "warn");
beforeEach(() => {
  warn.mockReset().mockImplementation(() => {});
  // Whatever this run has: these tests say when it is asked for.
  vi.stubEnv("UNROLLED_WASM256", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  wideHooks.patch = null;
});

describe("where 256-bit kernels can be had", () => {
  test("the versions of V8 that were tried, on x64", () => {
    expect(wideUnavailable(V8_OF_NODE_24, "x64", false)).toBeUndefined();
    expect(wideUnavailable("14.6.202.34-node.34", "x64", true)).toBeUndefined();
    expect(wideUnavailable("14.6.202.34-node.34", "x64", false)).toBe("V8 14.6 may crash in a worker thread");
    expect(wideUnavailable("11.3.244.8-node.33", "x64")).toBe("V8 11.3 was not tried; Node 24 is");
    expect(wideUnavailable("99.0.1.2-node.3", "x64")).toBe("V8 99.0 was not tried; Node 24 is");
    expect(wideUnavailable(V8_OF_NODE_24, "arm64")).toBe("it needs an x64 processor, this is arm64");
  });

  test("one that the table excludes is not used, for its reason", () => {
    expect(wideUnavailable("12.4.254.21-node.33", "x64")).toBe(
      "V8 12.4 is excluded: it has the flag without the effect",
    );
  });

  test("elsewhere nothing happens, and nothing is said", async () => {
    vi.stubGlobal("process", { ...process, versions: { ...process.versions, v8: "12.4.254.21-node.33" } });
    const { unrolled } = await fresh();
    unrolled.configure({ engine: "wasm", threads: 1, wasm256: true });
    expect(unrolled.engine().variant).not.toBe("wasm-256");
    expect(warn).not.toHaveBeenCalled();
  });
});

describe.skipIf(unavailable !== undefined)(`256-bit kernels${unavailable ? `, skip: ${unavailable}` : ""}`, () => {
  test("are used only when asked for, by configure or UNROLLED_WASM256, and 0 refuses them", async () => {
    const { unrolled } = await fresh();
    const variant = (wasm256?: boolean) => {
      unrolled.configure({ engine: "wasm", threads: 1, ...(wasm256 === undefined ? {} : { wasm256 }) });
      return unrolled.engine().variant;
    };
    expect(variant()).toBe("relaxed-simd");
    vi.stubEnv("UNROLLED_WASM256", "1");
    expect(variant()).toBe("wasm-256");
    expect(variant(false)).toBe("relaxed-simd");
    expect(variant(true)).toBe("wasm-256");
    vi.stubEnv("UNROLLED_WASM256", "0");
    expect(variant(true)).toBe("relaxed-simd");
    vi.stubEnv("UNROLLED_WASM256", "yes");
    expect(() => variant()).toThrow('engine: UNROLLED_WASM256 must be one of "0", "1", got "yes".');
    expect(warn).not.toHaveBeenCalled();
  });

  test("give the bits of the 128-bit kernels, with any number of threads", async () => {
    const { unrolled } = await fresh();
    unrolled.configure({ engine: "wasm", threads: 1, wasm256: false });
    const expected = train(unrolled);
    for (const threads of [1, 2, 3]) {
      unrolled.configure({ engine: "wasm", threads, wasm256: true });
      expect(train(unrolled)).toEqual(expected);
      expect(unrolled.engine()).toEqual({ name: "wasm", variant: "wasm-256", threads });
    }
  });

  test.each([0, 100, 250, 400, 550, -1])(
    "with multiply-add %i broken are dropped with one warning, and training goes on with right numbers",
    async (index) => {
      const { unrolled, hooks } = await fresh();
      unrolled.configure({ engine: "wasm", threads: 1, wasm256: false });
      const expected = train(unrolled);
      hooks.patch = breakProduct(index);
      unrolled.configure({ engine: "wasm", threads: 1, wasm256: true });
      expect(train(unrolled)).toEqual(expected);
      expect(unrolled.engine().variant).toBe("relaxed-simd");
      unrolled.configure({ engine: "wasm", threads: 1, wasm256: true });
      expect(unrolled.engine().variant).toBe("relaxed-simd");
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]![0]).toMatch(
        /^unrolled: 256-bit kernels are not used: its .* differ from the 128-bit kernels$/,
      );
    },
  );
});
