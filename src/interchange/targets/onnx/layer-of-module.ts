/** A layer of a recurrent module, and the values about it. */
export interface LayerOfModule {
  layer: number;
  directions: number;
  input: string;
  /** [D, N, H] each; null: zeros. */
  before: readonly string[] | null;
  output: string;
}
