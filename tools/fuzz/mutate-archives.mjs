// Files of PyTorch and NumPy damaged by someone who knows archives and pickles.
import { filesIn, global, joined, pickle, text, u32, u64, zipOf } from "./archives.mjs";
import { mutateBytes } from "./mutate-bytes.mjs";
import { mutateText } from "./mutate-json.mjs";

const NUMBERS = [0, 1, 2, 7, 21, 22, 46, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const NAMES = ["posix.system", "builtins.eval", "torch.nn.modules.rnn.LSTM", "torch._utils._rebuild_tensor_v2", "collections.OrderedDict", "torch.FloatStorage", "torch.LongStorage", "torch.storage.UntypedStorage", "torch._utils._rebuild_parameter", "torch.Size", "builtins.set", "__proto__.constructor", "torch.ComplexFloatStorage"]; // biome-ignore format: one line
/** Instructions in short runs: what takes from the stack, what loops, what claims a length that is not there. */
const RUNS = [
  ...["(", "0", "1", "2", "N", "}", "]", ")", "t", "u", "s", "e", "a", "l", "d", "R", "b", "Q", ".", "\x81", "\x85", "\x86", "\x87", "\x88", "\x8f", "\x90", "\x91", "\x93", "\x94"],
  ...["h\x00", "h\x01", "h\xff", "q\x00", "q\x01", "K\x00", "K\xff", "\x8a\x00", "\x8a\xff", "\x80\x02", "\x80\x09", "}q\x00h\x00s", "]q\x00h\x00a", "(h\x00h\x01t", "F1.0\n", "I7\n", "Vx\n"],
]; // biome-ignore format: runs

/** A pickle with some of its instructions others, or more of them. */
export function mutatePickle(bytes, random) {
  let out = bytes;
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(out.length + 1);
    const cut = random.chance(0.3) ? random.below(6) : 0;
    out = joined(out.subarray(0, at), run(random), out.subarray(Math.min(out.length, at + cut)));
  }
  return random.chance(0.3) ? mutateBytes(out, random, [bytes]) : out;
}

function run(random) {
  switch (random.below(9)) {
    case 0:
      return pickle(global(random.pick(NAMES)));
    case 1:
      return pickle(random.pick(["X", "B", "T", "\x8b"]), u32(random.pick(NUMBERS)));
    case 2:
      return pickle(random.pick(["\x8d", "\x8e", "\x95", "\x96"]), u64(random.pick([...NUMBERS, 2 ** 53])));
    case 3:
      return pickle("J", u32(random.pick(NUMBERS)));
    case 4:
      return pickle(random.pick(["j", "r"]), u32(random.pick(NUMBERS)));
    case 5:
      return text(random.pick(["__proto__", "storage", "0", "", "x".repeat(300), ...NAMES]));
    case 6:
      return pickle(random.pick(RUNS).repeat(random.pick([1, 1, 2, 50, 2000])));
    default:
      return pickle(random.pick(RUNS));
  }
}

/** An archive: damaged blindly, or with one of its files damaged, or put together of lies. */
export function mutateArchive(bytes, random, others, mutateFile) {
  const files = filesIn(bytes);
  if (files.length === 0 || random.chance(0.2)) return mutateBytes(bytes, random, others);
  const one = random.below(files.length);
  const entries = files.map((file, i) => {
    if (i !== one || random.chance(0.3)) return file;
    // What is deflated is unpacked to other bytes than the archive says.
    return { ...file, data: mutateFile(file.name, file.data, random) };
  });
  if (random.chance(0.4)) Object.assign(entries[random.below(entries.length)], lie(random, entries));
  if (random.chance(0.1)) entries.push({ ...random.pick(entries) });
  if (random.chance(0.1)) entries.splice(random.below(entries.length), 1);
  return zipOf(entries, random.chance(0.2) ? endOf(random) : {});
}

function lie(random, entries) {
  const number = random.pick(NUMBERS);
  return random.pick([
    { size: number },
    { packed: number },
    { size: number, packed: number },
    { localSize: number, localPacked: number },
    { method: random.pick([8, 9, 12, 99]) },
    { method: 8, size: number },
    { flags: random.pick([1, 8, 9, 2048]) },
    { crc: number },
    { offset: random.pick([...NUMBERS, 30, 64]) },
    { localName: random.pick(["", "x", "../x", "archive/data.pkl"]) },
    { name: random.pick(entries).name },
    { name: random.pick(["", "a/data.pkl", "x/constants.pkl", "archive/byteorder", "__proto__.npy", "../../x.npy"]) },
  ]);
}

function endOf(random) {
  const number = random.pick(NUMBERS);
  const wide = { [random.pick(["count", "begin", "length", "at"])]: random.pick([...NUMBERS, 2 ** 53, 2 ** 62]) };
  return random.pick([
    { count: number },
    { begin: number },
    { length: number },
    { comment: "PK\x05\x06" },
    { wide: {} },
    { wide },
  ]);
}

/** A file of `torch.save`, new or old. */
export function mutateTorch(bytes, random, others) {
  if (bytes[0] === 0x80) return random.chance(0.4) ? mutateBytes(bytes, random, others) : mutatePickle(bytes, random);
  return mutateArchive(bytes, random, others, (name, data) =>
    name.endsWith(".pkl") ? mutatePickle(data, random) : mutateBytes(data, random),
  );
}

/** A file of `numpy.savez` or `numpy.save`: mostly its headers. */
export function mutateNumpy(bytes, random, others) {
  if (bytes[0] === 0x93) return mutateHeader(bytes, random);
  return mutateArchive(bytes, random, others, (_, data) => mutateHeader(data, random));
}

const WORDS = ["'<f4'", "'|O'", "'>f8'", "'<i8'", "'<c8'", "'<U3'", "[('a', '<f4')]", "True", "False", "(1,)", "()", "(0, 3)", "(-1,)", "(4294967296, 4294967296)", "(9007199254740993,)", "'descr': ", "'shape': ", "}", "{", "# "]; // biome-ignore format: one line

function mutateHeader(bytes, random) {
  if (bytes.length < 10 || random.chance(0.2)) return mutateBytes(bytes, random);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder("latin1").decode(bytes.subarray(10, 10 + length));
  const parts = header.split(/(?<=: )|(?=, ')/);
  if (random.chance(0.5)) parts[random.below(parts.length)] = random.pick(WORDS);
  const changed = pickle(random.chance(0.5) ? mutateText(parts.join(""), random) : parts.join(""));
  const said = random.chance(0.1) ? random.pick(NUMBERS) & 65535 : changed.length;
  return joined(bytes.subarray(0, 8), Uint8Array.of(said & 255, said >> 8), changed, bytes.subarray(10 + length));
}
