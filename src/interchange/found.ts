/** A layer of a model that came from elsewhere, as a row of a table. */
export interface FoundLayer {
  /** As the file calls it: `encoder.lstm`. */
  readonly name: string;
  /** `LSTM`, `Embedding`, `Linear`; as its format calls it where we have none. */
  readonly kind: string;
  /** Sizes and options, for a person: `6 to 5, 2 layers, both directions`. */
  readonly about: string;
  /** Numbers in it. */
  readonly parameters: number;
}
