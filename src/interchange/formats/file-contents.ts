import type { Module } from "../../nn/module.js";
import type { FoundLayer } from "../found.js";
import type { RecurrentParts } from "../recognise/recurrent-model.js";
import type { StoredArray } from "./stored-array.js";

/** What a reader of a format makes of a file. */
export interface FileContents {
  /** Who wrote it, as far as the file says: `PyTorch 1.6 or later (pickle protocol 2)`. */
  readonly producer: string | null;
  /** Its arrays under the names of the file, in its order. */
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** What else it says, by name: texts, numbers. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Its layers, of a format that names them; left out, they are looked for by the names and shapes of the arrays. */
  readonly layers?: readonly FoundLayer[] | undefined;
  /** Names of arrays that belong to none of these layers. */
  readonly leftover?: readonly string[] | undefined;
  /** What of it will not run, and why, each a sentence. */
  readonly problems?: readonly string[] | undefined;
  /** What a reader should know, in sentences. */
  readonly notes?: readonly string[] | undefined;
  /** The model of these layers, of a format that says how they are joined. */
  readonly toModule?: (() => Module) | undefined;
  /** Of a format that says how layers are joined: an embedding, recurrent layers and a linear layer where it is these; null for another. */
  readonly parts?: (() => RecurrentParts | null) | undefined;
}
