import { PickleBytes } from "./bytes.js";
import { type Refuse, refuserOf } from "./fault.js";
import { called, globalNamed, keyOf, said, storageOf } from "./globals.js";
import { OPCODES } from "./opcodes.js";
import { Dict, type Global, Strided, type Value } from "./values.js";

/**
 * Bytes of memory that values may take: an instruction of one byte makes a list or a dictionary, which takes many. A tensor takes about a
 * thousand in all.
 */
const MOST_BYTES = 2 ** 25;
/** What they may take besides, as much as the pickle is long: that of its letters. */
const MOST_LETTERS = 2 ** 24;
const COSTS = {
  list: 56,
  dictionary: 40,
  map: 200,
  entry: 48,
  text: 40,
  bytes: 120,
  storage: 72,
  tensor: 200,
  axis: 16,
  item: 8,
  /** What grows leaves what it was behind, thrice its size in all: so do notes in a row, as Python counts them. */
  appended: 36,
  note: 36,
  strayNote: 84,
};
const MOST_ON_STACK = 500_000;
const MOST_NAME = 512;
const NEWEST_PROTOCOL = 5;

/** A pickle that was read. */
export interface Unpickled {
  value: Value;
  /** Of the byte after it. */
  end: number;
  protocol: number;
}

/**
 * Reads one pickle of protocol 2 to 5. It makes texts, numbers, lists, dictionaries and descriptions of tensors; whatever else the
 * pickle asks for is refused by its name, and nothing is ever run.
 * @param argument  what it is called in errors
 * @throws FormatError; code `forbidden-global` for a name that is not among those that tensors need
 * Source: Python's Lib/pickletools.py.
 */
export function unpickle(bytes: Uint8Array, at: number, argument: string): Unpickled {
  return new Machine(bytes, at, refuserOf(argument)).run();
}

class Machine {
  readonly #in: PickleBytes;
  readonly #refuse: Refuse;
  readonly #stack: Value[] = [];
  /** Where on the stack there is a mark. */
  readonly #marks: number[] = [];
  readonly #globals = new Map<string, Global>();
  readonly #memo: Value[] = [];
  readonly #strayNotes = new Map<number, Value>();
  #bytes = 0;
  readonly #mostBytes: number;
  #protocol = 0;

  constructor(bytes: Uint8Array, at: number, refuse: Refuse) {
    this.#in = new PickleBytes(bytes, at, refuse);
    this.#mostBytes = MOST_BYTES + Math.min(MOST_LETTERS, this.#in.left);
    this.#refuse = refuse;
  }

  run(): Unpickled {
    for (;;) {
      const at = this.#in.at;
      const code = this.#in.u8();
      const name = OPCODES[code];
      const step = name === undefined ? undefined : STEPS[name];
      if (name === "STOP") break;
      if (step === undefined) {
        const value = name ?? `byte 0x${code.toString(16).padStart(2, "0")}`;
        this.#refuse("hold the instructions that tensors need alone", `${value} at byte ${at}`);
      }
      step(this);
    }
    return { value: this.pop(), end: this.#in.at, protocol: this.#protocol };
  }

  get in(): PickleBytes {
    return this.#in;
  }

  setProtocol(version: number): void {
    if (version > NEWEST_PROTOCOL) this.#refuse(`be of protocol ${NEWEST_PROTOCOL} at most`, `${version}`);
    this.#protocol = version;
  }

  push(value: Value): void {
    if (this.#stack.length === MOST_ON_STACK) this.#refuse(`stack at most ${MOST_ON_STACK} values`, "more");
    this.#stack.push(value);
  }

  /** A value that takes memory of its own. */
  make<V extends Value>(value: V): V {
    this.#take(costOf(value));
    return value;
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#mostBytes)
      this.#refuse(`hold values of at most ${this.#mostBytes} bytes in memory`, "more");
  }

  pop(): Value {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) this.#underflow();
    return this.#stack.pop()!;
  }

  top(): Value {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) this.#underflow();
    return this.#stack[this.#stack.length - 1];
  }

  #underflow(): never {
    this.#refuse("take from its stack only what it put there", `an empty stack before byte ${this.#in.at}`);
  }

  mark(): void {
    if (this.#marks.length === MOST_ON_STACK) this.#refuse(`stack at most ${MOST_ON_STACK} values`, "more");
    this.#marks.push(this.#stack.length);
  }

  /** All that was put on the stack after the last mark. */
  popMark(): Value[] {
    const from = this.#marks.pop();
    if (from === undefined) this.#refuse("take to a mark only where there is one", `none before byte ${this.#in.at}`);
    return from === this.#stack.length ? [] : this.#stack.splice(from);
  }

  note(index: number): void {
    if (index <= this.#memo.length) {
      this.#take(COSTS.note);
      this.#memo[index] = this.top();
      this.#strayNotes.delete(index);
    } else {
      this.#take(COSTS.strayNote);
      this.#strayNotes.set(index, this.top());
    }
  }

  noteNext(): void {
    this.note(this.#memo.length + this.#strayNotes.size);
  }

  recall(index: number): void {
    const value = index < this.#memo.length ? this.#memo[index] : this.#strayNotes.get(index);
    if (value === undefined) this.#refuse("recall only what it noted", `number ${index}`);
    this.push(value);
  }

  setItems(pairs: readonly Value[]): void {
    const dict = this.top();
    if (!(dict instanceof Dict)) this.#refuse("put items into dictionaries", said(dict));
    if (pairs.length % 2 === 1) this.#refuse("have a value for each key", `${pairs.length} of both`);
    this.#take((pairs.length / 2) * COSTS.entry + (dict.entries === null && pairs.length > 0 ? COSTS.map : 0));
    for (let i = 0; i < pairs.length; i += 2) dict.set(keyOf(pairs[i], this.#refuse), pairs[i + 1]);
  }

  append(items: readonly Value[]): void {
    const list = this.top();
    if (!Array.isArray(list)) this.#refuse("append to lists", said(list));
    this.#take(items.length * COSTS.appended);
    for (const item of items) list.push(item);
  }

  global(module: Value, name: Value): void {
    if (typeof module !== "string" || typeof name !== "string") {
      this.#refuse("name what it asks for by texts", `${said(module)} and ${said(name)}`);
    }
    const key = `${module} ${name}`;
    const known = this.#globals.get(key) ?? globalNamed(module, name, this.#refuse);
    this.#globals.set(key, known);
    this.push(known);
  }

  globalLines(): void {
    const module = this.#in.line(MOST_NAME);
    this.global(module, this.#in.line(MOST_NAME));
  }

  call(): void {
    const args = this.pop();
    // What is given may be gone through, as often as it is given.
    if (Array.isArray(args)) for (const given of args) if (Array.isArray(given)) this.#take(given.length * COSTS.item);
    const made = called(this.pop(), args, this.#refuse);
    this.push(this.make(made));
  }

  storage(): void {
    this.push(this.make(storageOf(this.pop(), this.#refuse)));
  }

  /** What objects have besides their content says nothing of weights: the metadata of a state dict, the attributes of a tensor. */
  build(): void {
    this.pop();
    const on = this.top();
    if (on instanceof Dict || on instanceof Strided) return;
    this.#refuse("give attributes to tensors and dictionaries alone", said(on));
  }

  frame(): void {
    const length = this.#in.u64();
    if (length > this.#in.left) this.#refuse("be whole", `a frame of ${length} bytes where ${this.#in.left} are left`);
  }
}

/** About what it takes in memory; the letters of a text are counted with its file. */
function costOf(value: Value): number {
  if (typeof value === "string") return COSTS.text;
  if (Array.isArray(value)) return COSTS.list + value.length * COSTS.item;
  if (value instanceof Dict)
    return COSTS.dictionary + (value.entries === null ? 0 : COSTS.map + value.entries.size * COSTS.entry);
  if (value instanceof Strided) return COSTS.tensor + COSTS.axis * value.shape.length;
  return value instanceof Uint8Array ? COSTS.bytes : COSTS.storage;
}

const tuple = (m: Machine, length: number): void => {
  // Of its length from the start: a list that grows takes room for many.
  const items = new Array<Value>(length);
  for (let i = length - 1; i >= 0; i--) items[i] = m.pop();
  m.push(m.make(items));
};

/** A dictionary of what stands after the mark. */
const dictionary = (m: Machine): void => {
  const pairs = m.popMark();
  m.push(m.make(new Dict()));
  m.setItems(pairs);
};

const STEPS: Readonly<Record<string, (m: Machine) => void>> = {
  PROTO: (m) => m.setProtocol(m.in.u8()),
  FRAME: (m) => m.frame(),
  MARK: (m) => m.mark(),
  POP: (m) => void m.pop(),
  POP_MARK: (m) => void m.popMark(),
  DUP: (m) => m.push(m.top()),
  NONE: (m) => m.push(null),
  NEWTRUE: (m) => m.push(true),
  NEWFALSE: (m) => m.push(false),
  BININT: (m) => m.push(m.in.i32()),
  BININT1: (m) => m.push(m.in.u8()),
  BININT2: (m) => m.push(m.in.u16()),
  LONG1: (m) => m.push(m.in.long(m.in.u8())),
  LONG4: (m) => m.push(m.in.long(m.in.u32())),
  BINFLOAT: (m) => m.push(m.in.f64()),
  BINSTRING: (m) => m.push(m.make(m.in.latin1(m.in.u32()))),
  SHORT_BINSTRING: (m) => m.push(m.make(m.in.latin1(m.in.u8()))),
  BINUNICODE: (m) => m.push(m.make(m.in.utf8(m.in.u32()))),
  SHORT_BINUNICODE: (m) => m.push(m.make(m.in.utf8(m.in.u8()))),
  BINUNICODE8: (m) => m.push(m.make(m.in.utf8(m.in.u64()))),
  BINBYTES: (m) => m.push(m.make(m.in.slice(m.in.u32()))),
  SHORT_BINBYTES: (m) => m.push(m.make(m.in.slice(m.in.u8()))),
  BINBYTES8: (m) => m.push(m.make(m.in.slice(m.in.u64()))),
  BYTEARRAY8: (m) => m.push(m.make(m.in.slice(m.in.u64()))),
  EMPTY_LIST: (m) => m.push(m.make([])),
  LIST: (m) => m.push(m.make(m.popMark())),
  APPEND: (m) => {
    const item = m.pop();
    m.append([item]);
  },
  APPENDS: (m) => m.append(m.popMark()),
  EMPTY_TUPLE: (m) => m.push(m.make([])),
  TUPLE: (m) => m.push(m.make(m.popMark())),
  TUPLE1: (m) => tuple(m, 1),
  TUPLE2: (m) => tuple(m, 2),
  TUPLE3: (m) => tuple(m, 3),
  EMPTY_DICT: (m) => m.push(m.make(new Dict())),
  DICT: dictionary,
  SETITEM: (m) => {
    const value = m.pop();
    const key = m.pop();
    m.setItems([key, value]);
  },
  SETITEMS: (m) => m.setItems(m.popMark()),
  EMPTY_SET: (m) => m.push(m.make([])),
  ADDITEMS: (m) => m.append(m.popMark()),
  FROZENSET: (m) => m.push(m.make(m.popMark())),
  BINGET: (m) => m.recall(m.in.u8()),
  LONG_BINGET: (m) => m.recall(m.in.u32()),
  BINPUT: (m) => m.note(m.in.u8()),
  LONG_BINPUT: (m) => m.note(m.in.u32()),
  MEMOIZE: (m) => m.noteNext(),
  GLOBAL: (m) => m.globalLines(),
  STACK_GLOBAL: (m) => {
    const name = m.pop();
    m.global(m.pop(), name);
  },
  REDUCE: (m) => m.call(),
  NEWOBJ: (m) => m.call(),
  BUILD: (m) => m.build(),
  BINPERSID: (m) => m.storage(),
};
