import { Tensor } from "../tensor.js";

/** Adds methods to Tensor; the file that calls it declares their types beside. */
export function install<M extends object>(methods: M & ThisType<Tensor>): void {
  for (const name of Reflect.ownKeys(methods)) {
    const value = methods[name as keyof M];
    Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
  }
}
