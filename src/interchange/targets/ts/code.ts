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

/** What a task gives for its models to be modules that stand by themselves. */
export interface TaskCode {
  /** The text of `make(description, weights)`, which has the functions, and of `unpackWeights`, with all that they need. */
  runtime(): Promise<string>;
  /** @param description  of a model, as in its checkpoint */
  signatures(description: Readonly<Record<string, unknown>>): Signatures;
}
