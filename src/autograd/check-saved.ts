import { ModifiedError } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import type { TapeNode } from "../tensor/tape.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * Whether the backward pass of `node` still finds what its forward pass saw.
 * @throws ModifiedError for a value that was written since; DisposedError for one that was released
 */
export function checkSaved(node: TapeNode): void {
  const { held, unread, owned } = node.saved;
  if (held !== undefined) for (const tensor of held) if (tensor !== null) checkUnchanged(node, tensor);
  if (owned !== undefined) for (const tensor of owned) checkUnchanged(node, tensor);
  if (unread !== undefined) for (const tensor of unread) tensor.checkAlive("backward");
}

function checkUnchanged(node: TapeNode, tensor: Tensor): void {
  tensor.checkAlive("backward");
  if (tensor.storage.writtenAt > node.savedAt) throw modified(node, tensor);
}

function modified({ name: operation, inputs }: TapeNode, { shape, storage }: Tensor): ModifiedError {
  const { name, writtenBy: writer } = storage;
  const isInput = inputs.some((input) => input.storage === storage);
  const copy = isInput ? `give ${operation} a clone() of it` : "change a clone() of it instead";
  return new ModifiedError({
    op: "backward",
    argument: `${name === "" ? "tensor" : name} ${formatShape(shape)}`,
    must: `be as ${operation} saved it for its gradient`,
    value: `one that ${writer} has written since`,
    fix: `Call backward() before ${writer}, run the forward pass again after it, or ${copy}.`,
    details: { ...(name === "" ? {} : { tensor: name }), shape, operation, writer },
  });
}
