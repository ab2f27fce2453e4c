import { jsonOf } from "./body.js";
import type { Call } from "./call.js";
import { type BodyLine, bodyLines } from "./lines.js";
import { errorValue, RequestError } from "./request-error.js";
import type { Answer, ServedModel } from "./served-model.js";
import { streamOf } from "./stream.js";

/** Inputs of a stream that are asked at once: what is answered together must be under way together. */
const AT_ONCE = 64;

/** A line for each line of the body, in order, as both come and go: an answer, or `{ error, line }` in its place. */
export function predictLines(call: Call, model: ServedModel): Response {
  const { limits, held, request } = call;
  held.stream();
  const { timeout: seconds, maxBody: most } = limits;
  const lines = request.body === null ? none() : bodyLines(request.body, { most, seconds });
  const stream = streamOf(answers(call, model, lines), { seconds: 2 * seconds, onEnd: held.release });
  call.isStream = true;
  return call.text(200, stream, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
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

async function answerOf(call: Call, model: ServedModel, { bytes, line }: BodyLine): Promise<string> {
  const { limits, queue } = call;
  const name = `line ${line}`;
  try {
    if (bytes === null) {
      const must = `be at most ${limits.maxBody} bytes`;
      throw new RequestError({ status: 413, code: "too-large", argument: name, must, value: "more" });
    }
    const asked = model.read(jsonOf(bytes, name), name, limits.maxLength);
    const answer: Answer = await queue.ask(model, asked, name);
    return JSON.stringify(answer);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return JSON.stringify({ error: errorValue(error), line });
  }
}
