import { inScope, operationDone } from "./lifetime.js";
import { sweeps } from "./on-engine.js";
import { writeClock } from "./storage.js";
import type { Node, Backward as NodeBackward, Saved as NodeSaved } from "./tape-node.js";
import type { Tensor } from "./tensor.js";

export type TapeNode = Node<Tensor>;
export type Backward = NodeBackward<Tensor>;
export type Saved = NodeSaved<Tensor>;

/** Whether operations are recorded; `autograd/grad-mode.ts` switches it. */
export const recording = { enabled: true };

let nextId = 1;

/**
 * Ends every operation: when gradients are wanted, ties `outputs` to `inputs` on the tape. Returns whether it did; when not,
 * what `saved` owns is released at once.
 */
export function recordAll(
  name: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  backward: Backward,
  saved: Saved = NOTHING,
): boolean {
  const recorded = wantsGrad(inputs);
  if (recorded) tie(name, inputs, outputs, backward, saved);
  else if (saved.owned !== undefined) for (const tensor of saved.owned) tensor.release(name);
  for (const input of inputs) if (input.temporary && input.holds === 0) input.dispose();
  operationDone();
  return recorded;
}

const NOTHING: Saved = {};

function tie(
  name: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  backward: Backward,
  saved: Saved,
): void {
  const node: TapeNode = {
    id: nextId++,
    name,
    inputs,
    needs: inputs.map((input) => input.requiresGrad),
    outputs,
    backward,
    saved,
    savedAt: writeClock.now,
    users: [],
    usersSince: sweeps,
    hooks: null,
  };
  for (const input of inputs) if (input.node !== null) addUser(input.node, node);
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i];
    output.node = node;
    output.outputIndex = i;
    output.requiresGrad = true;
    output.hold();
  }
  if (saved.held !== undefined) for (const tensor of saved.held) tensor?.hold();
  if (saved.unread !== undefined) for (const tensor of saved.unread) tensor.hold();
  if (saved.owned !== undefined) for (const tensor of saved.owned) tensor.retain().hold();
}

function addUser(node: TapeNode, user: TapeNode): void {
  if (node.usersSince !== sweeps) {
    node.users = [];
    node.usersSince = sweeps;
  }
  node.users.push(user);
}

/** Lets go of what the node saved for its backward pass, which can no longer run. */
export function dropSaved(node: TapeNode): void {
  node.backward = null;
  const { held, unread, owned } = node.saved;
  node.saved = NOTHING;
  if (held !== undefined) letGoOf(held);
  if (unread !== undefined) letGoOf(unread);
  if (owned !== undefined) {
    for (const tensor of owned) {
      tensor.letGo();
      tensor.dispose();
    }
  }
}

function letGoOf(tensors: readonly (Tensor | null)[]): void {
  for (const tensor of tensors) {
    if (tensor === null) continue;
    tensor.letGo();
    if (tensor.temporary && tensor.holds === 0) tensor.dispose();
  }
}

/** `recordAll` for the usual operation of one output. `backward` gets its gradient. */
export function record(
  name: string,
  inputs: readonly Tensor[],
  output: Tensor,
  backward: (dOut: Tensor, needs: readonly boolean[]) => readonly (Tensor | null)[],
  saved?: Saved,
): Tensor {
  recordAll(name, inputs, [output], (dOutputs, needs) => backward(dOutputs[0]!, needs), saved);
  return output;
}

/** Whether an operation on these will be recorded: kernels ask before they save activations. */
export function wantsGrad(inputs: readonly Tensor[]): boolean {
  if (!recording.enabled) return false;
  for (const input of inputs) if (input.requiresGrad) return true;
  return false;
}

/** Runs `body` without recording and releases what it made, but for its result: the inside of one operation. */
export function unrecorded(body: () => Tensor): Tensor {
  const before = recording.enabled;
  recording.enabled = false;
  try {
    return inScope("its operation", body, (result) => [result]);
  } finally {
    recording.enabled = before;
  }
}
