import { checkNonNegativeInteger, checkPositiveInteger, refusal } from "./check.js";
import { FormatError, show } from "./errors.js";
import { philoxBlock } from "./philox.js";
import { checkRoom } from "./room.js";

/** Everything a generator is: save it, load it, and the same numbers follow. JSON-safe. */
export interface GeneratorState {
  seed: number;
  /** Blocks of four words drawn so far. */
  counter: number;
  /** Words of the current block already handed out, 0 to 4. */
  used: number;
}

/** A place in the Philox stream handed to a kernel that draws its own numbers. */
export interface ReservedBlocks {
  key0: number;
  key1: number;
  counter0: number;
  counter1: number;
}

const NOT_CLONEABLE = Symbol("a Generator: clone its state; it");
const TWO_32 = 2 ** 32;

/**
 * A seeded stream of random numbers (Philox4x32-10). The same seed gives the same bits on every platform and
 * with any number of threads.
 */
export class Generator {
  /** @internal A symbol cannot be cloned: `structuredClone` would give an object without methods, and so throws this. */
  readonly notCloneable: symbol = NOT_CLONEABLE;
  #seed = 0;
  #counter = 0;
  #used = 4;
  readonly #block = new Uint32Array(4);

  /** @param seed an integer in [0, 2^53) */
  constructor(seed = 0) {
    this.manualSeed(seed);
  }

  /** Starts the stream of `seed` from its beginning. */
  manualSeed(seed: number): this {
    this.#seed = checkNonNegativeInteger("manualSeed", "seed", seed);
    this.#counter = 0;
    this.#used = 4;
    return this;
  }

  get state(): GeneratorState {
    return { seed: this.#seed, counter: this.#counter, used: this.#used };
  }

  set state(state: GeneratorState) {
    const { seed, counter, used } = state ?? {};
    const ok =
      [seed, counter, used].every((n) => Number.isSafeInteger(n) && n >= 0) && used <= 4 && (used === 4 || counter > 0);
    if (!ok) {
      throw new FormatError({
        op: "Generator.state",
        argument: "state",
        must: "be { seed, counter, used } of non-negative integers, used at most 4",
        value: show([seed, counter, used]),
      });
    }
    this.#seed = seed;
    this.#counter = counter;
    this.#used = used;
    if (used < 4) this.#draw(counter - 1);
  }

  /** 32 random bits as an integer in [0, 2^32). */
  uint32(): number {
    if (this.#used === 4) {
      this.#draw(this.#counter++);
      this.#used = 0;
    }
    return this.#block[this.#used++];
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Uniform over the integers in [0, n), without bias. */
  integer(n: number): number {
    checkPositiveInteger("Generator.integer", "n", n);
    if (n > TWO_32) throw refusal("Generator.integer", "n", "be at most 2^32", n);
    const limit = TWO_32 - (TWO_32 % n);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % n;
    }
  }

  /** The integers 0 to n-1 in random order (Fisher and Yates). */
  permutation(n: number): Int32Array {
    checkNonNegativeInteger("Generator.permutation", "n", n);
    checkRoom(4 * n);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }

  /** Sets whole blocks aside for a kernel that will draw `words` words itself, and moves past them. */
  reserve(words: number): ReservedBlocks {
    checkNonNegativeInteger("Generator.reserve", "words", words);
    const counter = this.#counter;
    this.#counter += Math.ceil(words / 4);
    this.#used = 4;
    return { ...this.#key(), counter0: counter >>> 0, counter1: Math.floor(counter / TWO_32) >>> 0 };
  }

  #key(): { key0: number; key1: number } {
    return { key0: this.#seed >>> 0, key1: Math.floor(this.#seed / TWO_32) >>> 0 };
  }

  #draw(counter: number): void {
    const { key0, key1 } = this.#key();
    philoxBlock(key0, key1, counter >>> 0, Math.floor(counter / TWO_32) >>> 0, this.#block);
  }
}

/** The generator behind every random function that is not given one. Its seed is 0 in every process, where PyTorch draws one. */
export const defaultGenerator = new Generator(0);

/** The seed of an epoch. Philox mixes its key, so that neighbours have nothing in common; the odd factor keeps seeds and epochs apart. */
export function epochSeed(seed: number, epoch: number): number {
  return (seed + epoch * 0x9e3779b1) % 2 ** 53;
}

/** @throws OptionError for what is no Generator; the default one when none is given */
export function generatorOf(op: string, generator: unknown): Generator {
  if (generator === undefined || generator === null) return defaultGenerator;
  if (generator instanceof Generator) return generator;
  throw refusal(op, "generator", "be a Generator", generator, "Make one with new Generator(seed).");
}

/**
 * Seeds the default generator: initial weights, dropout and sampling follow it. Without it the seed is 0 in every process, and so are
 * the weights of two runs the same; PyTorch draws another seed for each process.
 */
export function manualSeed(seed: number): Generator {
  return defaultGenerator.manualSeed(seed);
}
