import { jsonOf } from "./body.js";
import type { Call } from "./call.js";
import { checkedOptions, fieldsOf } from "./fields.js";
import { type BodyLine, bodyLines } from "./lines.js";
import { errorValue, RequestError } from "./request-error.js";
import { type Answer, isPlainObject, type ServedModel } from "./served-model.js";

/** Inputs of a stream that are asked at once: what is answered together must be under way together. */
const AT_ONCE = 64;

/** A line for each line of the body, in order, as both come and go: an answer, or `{ error, line }` in its place. */
export function predictLines(call: Call, model: ServedModel): Response {
  const { limits, request } = call;
  call.held.stream();
  const { timeout: seconds, maxBody: most } = limits;
  const lines = request.body === null ? none() : bodyLines(request.body, { most, seconds });
  return call.stream(answers(call, model, lines), { "content-type": "application/x-ndjson" });
}

async function* none(): AsyncGenerator<readonly BodyLine[]> {}

async function* answers(
  call: Call,
  model: ServedModel,
  lines: AsyncGenerator<readonly BodyLine[]>,
): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  try {
    for await (const some of lines) {
      for (let at = 0; at < some.length; at += AT_ONCE) {
        const asked = some.slice(at, at + AT_ONCE).map((line) => answerOf(call, model, line));
        const texts = await Promise.all(asked);
        yield encoder.encode(`${texts.join("\n")}\n`);
      }
    }
  } catch (error) {
    // The head is sent: why it ends stands where the next answer would.
    if (!(error instanceof RequestError)) throw error;
    yield encoder.encode(`${JSON.stringify({ error: errorValue(error) })}\n`);
  }
}

/** A line is an input, or `{ input, options }`, as a body is, for a model that has no column of that name. @throws RequestError 422 */
function lineOf(line: unknown, name: string, { described, task }: ServedModel) {
  const isBody = isPlainObject(line) && Object.hasOwn(line, "input") && described?.columns?.includes("input") !== true;
  if (!isBody) return { input: line, argument: name, options: undefined };
  const { input, options } = fieldsOf(line, name, ["input", "options"]);
  const checked = checkedOptions(options, task.predict!.fields ?? {}, `${name}: options`);
  return { input, argument: `${name}: input`, options: checked };
}

async function answerOf(call: Call, model: ServedModel, { bytes, line }: BodyLine): Promise<string> {
  const { limits, queue } = call;
  const name = `line ${line}`;
  try {
    if (bytes === null) {
      const must = `be at most ${limits.maxBody} bytes`;
      throw new RequestError({ status: 413, code: "too-large", argument: name, must, value: "more" });
    }
    const { input, argument, options } = lineOf(jsonOf(bytes, name), name, model);
    const asked = model.read(input, argument, limits.maxLength, options);
    const answer: Answer = await queue.ask(model, asked, argument);
    return JSON.stringify(answer);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return JSON.stringify({ error: errorValue(error), line });
  }
}
