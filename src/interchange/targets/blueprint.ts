/**
 * A network as straight lines of steps over named values: what a target writes in its own language. Values are float32 unless said
 * otherwise, sequences are [L, N, ...]: steps first. Modules are named by the paths of their parameters: the module `rnn` has
 * `rnn.weight_ih_l0`.
 */
export interface Blueprint {
  /** What the network is called: `LanguageModel`. */
  readonly name: string;
  /** For a person, in a sentence. */
  readonly about: string;
  /** Ways through it: whole sequences first, then those for streams and for parts. */
  readonly programs: readonly [Program, ...Program[]];
  /** What is left to whoever runs it, each a sentence without its full stop. */
  readonly notes: readonly string[];
}

/** One way through a network. */
export interface Program {
  /** `model` for whole sequences; `step`, `encode`, `decode`, `start`: one word. */
  readonly name: string;
  /** For a person, in a sentence. */
  readonly about: string;
  readonly inputs: readonly Port[];
  readonly steps: readonly Step[];
  /** Values made by steps. */
  readonly outputs: readonly Port[];
}

/** What goes in or comes out. */
export interface Port {
  readonly name: string;
  /** `int` for ids and lengths. */
  readonly type: "float" | "int";
  /** Names stand for sizes that are free: `L` steps, `N` sequences. */
  readonly shape: readonly (number | string)[];
  /** For a person: what it is. */
  readonly about: string;
}

/** What makes a value of others. */
export type Step =
  | EmbeddingStep
  | RecurrentStep
  | LinearStep
  | ConvolutionStep
  | PoolStep
  | AttentionStep
  | BestPathStep
  | LastHiddenStep
  | JoinDirectionsStep
  | ConcatStep
  | UnaryStep
  | AffineStep
  | RepeatStep
  | FlattenStep
  | UnflattenStep
  | ReplaceStep
  | StateStep
  | ZerosStep;

export type StepKind = Step["op"];

/** A table's rows: ids [...] to [..., width]. Parameter: `{module}.weight` [rows, width]. */
export interface EmbeddingStep {
  readonly op: "embedding";
  readonly module: string;
  readonly rows: number;
  readonly width: number;
  readonly input: string;
  readonly output: string;
}

/**
 * A recurrent module of one cell: [L, N, I] to [L, N, D·H], with parameters under PyTorch's names (`weight_ih_l0_reverse`), or those that
 * the cell has besides. With lengths, y is zero beyond a sequence's end, the states are those at its end, and the other direction begins there.
 */
export interface RecurrentStep {
  readonly op: "recurrent";
  readonly module: string;
  /** As in the table of cells of `nn`: `lstm`, `layer-norm-gru`. */
  readonly cell: string;
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** Of h: that of c, or what `weight_hr` [outputSize, hiddenSize] of each layer projects it to. */
  readonly outputSize: number;
  readonly numLayers: number;
  readonly bidirectional: boolean;
  readonly input: string;
  /** A value: of each sequence, int [N]. Null: all have L. */
  readonly lengths: string | null;
  /** Values: h and, of a cell that has it, c, [D·K, N, H] each. Null: zeros. */
  readonly states: readonly string[] | null;
  readonly output: string;
  /** What the next states are called, as many as the cell has. */
  readonly nextStates: readonly string[];
}

/** x W^T + b over the last dimension. Parameters: `{module}.weight` [outputSize, inputSize], `{module}.bias` [outputSize]. */
export interface LinearStep {
  readonly op: "linear";
  readonly module: string;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly bias: boolean;
  /** The module whose weight it shares; null for its own. */
  readonly tied: string | null;
  readonly input: string;
  readonly output: string;
}

/**
 * Filters over time, with zeros beyond each sequence's end: [L, N, I] to [L, N, O], an odd window about each step.
 * Parameters: `{module}.weight` [outputSize, inputSize, window], `{module}.bias` [outputSize].
 */
export interface ConvolutionStep {
  readonly op: "convolution";
  readonly module: string;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly window: number;
  readonly input: string;
  readonly lengths: string;
  readonly output: string;
}

/** All steps of a sequence as one, [L, N, H] to [N, H]. Attention has a query, the parameter `{module}.query` [H]. */
export interface PoolStep {
  readonly op: "pool";
  readonly mode: "mean" | "max" | "attention";
  readonly module: string | null;
  readonly width: number;
  readonly input: string;
  readonly lengths: string;
  readonly output: string;
}

/**
 * For each query [L, N, H] a mean of the keys [S, N, H], weighted by the softmax of its scores: context [L, N, H], weights [N, L, S]. Scores:
 * dot q·k; general q·(W k), `{module}.weight` [H, H]; additive v·tanh(W q + U k), `weight_query`, `weight_key` [H, H] and `v` [H].
 */
export interface AttentionStep {
  readonly op: "attention";
  readonly module: string;
  readonly score: "dot" | "general" | "additive";
  readonly width: number;
  readonly query: string;
  readonly keys: string;
  /** Of the keys. */
  readonly lengths: string;
  readonly output: string;
  readonly weights: string;
}

/**
 * The best tags of each sequence as a whole (Viterbi 1967), of scores [L, N, K] by themselves and one after another: int [L, N], 0 beyond a
 * sequence's end. `{chain}.start_transitions` [K], `{chain}.end_transitions` [K] and `{chain}.transitions` [K, K], from row to column, are
 * numbers of the model that belong to no module.
 */
export interface BestPathStep {
  readonly op: "best-path";
  readonly chain: string;
  readonly tags: number;
  /** What may be, else it has no probability; null: everything. */
  readonly allowed: Allowed | null;
  readonly input: string;
  readonly lengths: string;
  readonly output: string;
}

/** Which tags may begin, follow each other and end. */
export interface Allowed {
  readonly start: readonly boolean[];
  readonly end: readonly boolean[];
  /** From row to column. */
  readonly transitions: readonly (readonly boolean[])[];
}

/** h of the highest layer, its directions side by side: [D·K, N, H] to [N, D·H]. */
export interface LastHiddenStep {
  readonly op: "last-hidden";
  readonly layers: number;
  readonly directions: number;
  readonly hidden: number;
  readonly input: string;
  readonly output: string;
}

/** Both directions of each layer as one that is twice as wide: [2·K, N, H] to [K, N, 2·H]. */
export interface JoinDirectionsStep {
  readonly op: "join-directions";
  readonly layers: number;
  readonly hidden: number;
  readonly input: string;
  readonly output: string;
}

/** Side by side in the last dimension. */
export interface ConcatStep {
  readonly op: "concat";
  readonly inputs: readonly string[];
  readonly output: string;
}

/** Of each element; softmax of the last dimension. */
export interface UnaryStep {
  readonly op: "tanh" | "sigmoid" | "softmax";
  readonly input: string;
  readonly output: string;
}

/** scale · x + shift. */
export interface AffineStep {
  readonly op: "affine";
  readonly scale: number;
  readonly shift: number;
  readonly input: string;
  readonly output: string;
}

/** [N, C] for each step of `like` [L, N, ...]: [L, N, C]. */
export interface RepeatStep {
  readonly op: "repeat";
  readonly input: string;
  readonly like: string;
  readonly output: string;
}

/** The last two dimensions as one: [..., L, N] to [..., L·N]. Of ints. */
export interface FlattenStep {
  readonly op: "flatten";
  readonly rank: 2 | 3;
  readonly input: string;
  readonly output: string;
}

/** The first dimension as those of `like` [L, N]: [L·N, E] to [L, N, E]. */
export interface UnflattenStep {
  readonly op: "unflatten";
  readonly width: number;
  readonly input: string;
  readonly like: string;
  readonly output: string;
}

/** Ids of `size` and more as `by`. */
export interface ReplaceStep {
  readonly op: "replace";
  readonly size: number;
  readonly by: number;
  readonly input: string;
  readonly output: string;
}

/** Columns `from` on of [N, C], as the state of `rows` layers: [rows, N, H]. */
export interface StateStep {
  readonly op: "state";
  readonly from: number;
  readonly rows: number;
  readonly hidden: number;
  readonly input: string;
  readonly output: string;
}

/** Zeros, as many as `input` has. */
export interface ZerosStep {
  readonly op: "zeros";
  readonly input: string;
  readonly output: string;
}
