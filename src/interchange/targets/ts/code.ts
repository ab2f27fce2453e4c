/** A function of an exported model. */
export interface Signature {
  readonly name: string;
  /** Parameters and result, as TypeScript has them. */
  readonly parameters: string;
  readonly returns: string;
  readonly about: string;
}

/** What an exported model offers. */
export interface Signatures {
  /** Declarations that the functions need. */
  readonly types: string;
  readonly functions: readonly Signature[];
  /** A call, for who opens the file. */
  readonly example: string;
}

/** What a task gives for a model to be a module that stands by itself. */
export interface ModelCode {
  /** What the run-time is told besides weights, JSON-safe: every setting, and what the model knows of its data. */
  readonly description: Readonly<Record<string, unknown>>;
  readonly signatures: Signatures;
  /** The text of `make(description, weights)`, which has the functions, and of `unpackWeights`, with all that they need. */
  runtime(): Promise<string>;
}
