import { show } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import { RequestError } from "./request-error.js";
import { type Servable, ServedModel } from "./served-model.js";

/** Milliseconds for which a model is used before it is asked. */
const WARM_UP = 100;

/** The models of a server by their names. */
export class Models {
  readonly #models = new Map<string, ServedModel>();

  /** In the place of the one of that name: what was asked of that one is still answered by it. */
  set(name: string, model: Servable): ServedModel {
    const served = new ServedModel(name, model, (this.#models.get(name)?.version ?? 0) + 1);
    // One that takes another's place runs in the same kernels, which are warm.
    if (served.version === 1) served.warmUp(WARM_UP);
    this.#models.set(name, served);
    return served;
  }

  /** @throws RequestError 404 naming the nearest */
  get(name: string): ServedModel {
    const found = this.#models.get(name);
    if (found !== undefined) return found;
    const names = [...this.#models.keys()];
    const near = nearest(name, names);
    const must = `be one of ${names.slice(0, 12).join(", ")}`;
    const fix = near === undefined ? "" : `Did you mean ${near}?`;
    const details = { key: name.slice(0, 100), nearest: near };
    throw new RequestError({
      status: 404,
      code: "unknown-model",
      argument: "model",
      must,
      value: show(name),
      fix,
      details,
    });
  }

  [Symbol.iterator](): IterableIterator<ServedModel> {
    return this.#models.values();
  }
}
