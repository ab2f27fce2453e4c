import { expect, test } from "vitest";
import { bindMpi } from "../../../src/train/collective/mpi-library-node.js";
import { messagesOf } from "../../../src/train/collective/mpi-node.js";

interface Call {
  declaration: string;
  values: readonly unknown[];
}

/** A library that does nothing but note how it is called; of two ranks, the second. @param symbols  its own variables */
function noting(symbols: Readonly<Record<string, unknown>>) {
  const calls: Call[] = [];
  const library = {
    func(declaration: string) {
      return (...values: unknown[]) => {
        calls.push({ declaration, values });
        if (/MPI_Comm_rank/.test(declaration)) (values[1] as Int32Array)[0] = 1;
        if (/MPI_Comm_size/.test(declaration)) (values[1] as Int32Array)[0] = 2;
        if (/MPI_Test/.test(declaration)) (values[1] as Int32Array)[0] = 1;
        if (/MPI_Iprobe/.test(declaration)) (values[3] as Int32Array)[0] = 1;
        return 0;
      };
    },
    symbol(name: string) {
      if (name in symbols) return symbols[name];
      throw new Error(`no symbol ${name}`);
    },
    unload() {},
  };
  return { library, calls };
}

const [WORLD, BYTE] = [{ of: "the world" }, { of: "a byte" }];

test.each([
  ["Open MPI", { ompi_mpi_comm_world: WORLD, ompi_mpi_byte: BYTE }, "void *", WORLD, BYTE, 8],
  // The numbers of its binary interface (mpi.h of MPICH: MPI_COMM_WORLD, MPI_BYTE), and requests that are integers.
  ["MPICH", {}, "int", 0x44000000, 0x4c00010d, 4],
])("handles of %s are what its calls take", (_, symbols, type, world, byte, requestBytes) => {
  const { library, calls } = noting(symbols);
  const mpi = bindMpi(library as never, "libmpi.so");
  expect([mpi.rank(), mpi.size(), mpi.waits(0, 7)]).toEqual([1, 2, true]);
  const [from, to] = [new Uint8Array(16), new Uint8Array(16)];
  expect(mpi.send(from, 16, 0, 5).test()).toBe(true);
  expect(mpi.receive(to, 16, 0, 6).test()).toBe(true);
  mpi.abort(3);
  const of = (name: string) => calls.find(({ declaration }) => declaration.includes(name))!;
  for (const [name, array, tag] of [
    ["MPI_Isend", from, 5],
    ["MPI_Irecv", to, 6],
  ] as const) {
    const { declaration, values } = of(name);
    expect(declaration).toBe(`int ${name}(void *, int, ${type}, int, int, ${type}, void *)`);
    expect(values.slice(0, 6)).toEqual([array, 16, byte, 0, tag, world]);
    expect((values[6] as Uint8Array).byteLength).toBe(requestBytes);
    // MPI writes it later: it must not move.
    expect((values[6] as Uint8Array).buffer.byteLength).toBeGreaterThan(64);
  }
  for (const [name, at] of [
    ["MPI_Comm_rank", 0],
    ["MPI_Comm_size", 0],
    ["MPI_Iprobe", 2],
    ["MPI_Abort", 0],
  ] as const) {
    expect(of(name).declaration, name).toContain(type);
    expect(of(name).values[at], name).toEqual(world);
  }
});

test("what is longer than MPI counts travels in parts, in order; what is empty does not", () => {
  const all = Uint8Array.from({ length: 12 }, (_, i) => i);
  const view = new Float32Array(all.buffer, 4, 2);
  const parts = messagesOf(view, 3);
  expect(parts.map((part) => [...part])).toEqual([
    [4, 5, 6],
    [7, 8, 9],
    [10, 11],
  ]);
  parts[1]![0] = 99;
  expect(all[7]).toBe(99);
  expect(messagesOf(view).map(({ length }) => length)).toEqual([8]);
  expect(messagesOf(new Float64Array(0))).toEqual([]);
});
