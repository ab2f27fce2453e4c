import { FormatError, OptionError, show } from "../base/errors.js";
import { pause } from "../train/pause.js";
import { JSON_TYPE, requireJson } from "./body.js";
import type { Call } from "./call.js";
import { checkedOptions, needs } from "./fields.js";
import { errorValue, RequestError, refusedInput } from "./request-error.js";
import type { Options, ServedModel } from "./served-model.js";

export const EVENTS = "text/event-stream";

/** `POST /v1/models/{name}/generate`: what is written, piece by piece as events, or at once as JSON where that is asked for. */
export async function generate(call: Call, model: ServedModel): Promise<Response> {
  needs(model, "generate");
  requireJson(call.head);
  const own = model.task.generate!;
  const options = seeded(checkedOptions(await call.json(), own.fields, "body"));
  checkAmount(options, own.amount, call);
  return writing(call, options["seed"], own.stream(model.model, options));
}

/** Another text each time, and a seed that tells how to have it again. */
export function seeded(options: Options): Options {
  return (options["seed"] ?? null) === null
    ? { ...options, seed: crypto.getRandomValues(new Uint32Array(1))[0] }
    : options;
}

/** @throws RequestError 422 */
export function checkAmount(options: Options, amount: string, { limits }: Call): void {
  const asked = options[amount];
  if (typeof asked === "number" && asked > limits.maxDrawn) {
    const must = `be at most ${limits.maxDrawn}`;
    throw new RequestError({ status: 422, code: "too-many", argument: amount, must, value: show(asked) });
  }
  for (const [key, value] of Object.entries(options)) {
    if (typeof value !== "string" || value.length <= limits.maxPrompt) continue;
    const must = `have at most ${limits.maxPrompt} characters`;
    throw new RequestError({ status: 422, code: "too-long", argument: key, must, value: String(value.length) });
  }
}

/** @param pieces  of which the first is made before the head: what is wrong with the options is a status yet */
export async function writing(call: Call, seed: unknown, pieces: Iterator<string, void>): Promise<Response> {
  const { head, held, request } = call;
  held.stream();
  let first: IteratorResult<string, void>;
  try {
    first = pieces.next();
  } catch (error) {
    throw writingError(error);
  }
  const accepted = head.get("accept") ?? EVENTS;
  if (accepted.includes(JSON_TYPE) && !accepted.includes(EVENTS)) {
    try {
      let text = "";
      for (let piece = first; piece.done !== true && !request.signal.aborted; piece = pieces.next()) {
        text += piece.value;
        await pause();
      }
      return call.answer(200, { text, seed });
    } finally {
      pieces.return?.();
    }
  }
  // Of events that nobody began to take, nothing else ends the pieces.
  const onEnd = () => void pieces.return?.();
  return call.stream(events(first, pieces, seed), { "content-type": EVENTS, "x-accel-buffering": "no" }, onEnd);
}

/** A model whose predictions are not finite is no fault of the request. */
function writingError(error: unknown): unknown {
  if (error instanceof FormatError) return refusedInput(error, "prompt");
  if (error instanceof OptionError && error.code !== "not-finite") return refusedInput(error, error.argument);
  return error;
}

async function* events(
  first: IteratorResult<string, void>,
  pieces: Iterator<string, void>,
  seed: unknown,
): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  const event = (name: string, data: object) => encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  yield event("start", { seed });
  let count = 0;
  try {
    for (let piece = first; piece.done !== true; piece = pieces.next()) {
      count++;
      yield event("text", { text: piece.value });
    }
  } catch (error) {
    const found = writingError(error);
    if (!(found instanceof RequestError)) throw error;
    yield event("error", errorValue(found));
    return;
  } finally {
    pieces.return?.();
  }
  yield event("done", { pieces: count });
}
