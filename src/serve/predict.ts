import { show } from "../base/errors.js";
import { contentType, requireJson } from "./body.js";
import type { Call } from "./call.js";
import { checkedOptions, fieldsOf, needs } from "./fields.js";
import { predictLines } from "./predict-lines.js";
import { RequestError } from "./request-error.js";
import type { Answer, ServedModel } from "./served-model.js";

const LINES_TYPES = ["application/x-ndjson", "application/jsonl"];

/** `POST /v1/models/{name}/predict`. */
export async function predict(call: Call, model: ServedModel): Promise<Response> {
  const { head, limits, queue } = call;
  needs(model, "predict");
  if (LINES_TYPES.includes(contentType(head))) return predictLines(call, model);
  requireJson(head, LINES_TYPES[0]);
  const { input, inputs, options } = predictBody(await call.json(), model);
  if (inputs === undefined) {
    const asked = model.read(input, "input", limits.maxLength, options);
    queue.checkRoom(1);
    const answer = await queue.ask(model, asked, "input");
    return call.answer(200, { output: answer });
  }
  if (inputs.length > limits.maxInputs) {
    const must = `have at most ${limits.maxInputs} inputs`;
    const fix = "Send a line each as application/x-ndjson.";
    throw new RequestError({
      status: 422,
      code: "too-many",
      argument: "inputs",
      must,
      value: String(inputs.length),
      fix,
    });
  }
  const asked = inputs.map((one, i) => model.read(one, `inputs[${i}]`, limits.maxLength, options));
  queue.checkRoom(asked.length);
  const all: Promise<Answer>[] = asked.map((one, i) => queue.ask(model, one, `inputs[${i}]`));
  return call.answer(200, { outputs: await Promise.all(all) });
}

const KEYS = ["input", "inputs", "options"];

function predictBody(body: unknown, { task }: ServedModel) {
  const { input, inputs, options } = fieldsOf(body, "body", KEYS);
  if ((input === undefined) === (inputs === undefined)) {
    const must = 'have one of "input" and "inputs"';
    throw new RequestError({
      status: 422,
      code: "input",
      argument: "body",
      must,
      value: input === undefined ? "neither" : "both",
    });
  }
  if (inputs !== undefined && !Array.isArray(inputs)) {
    throw new RequestError({ status: 422, code: "input", argument: "inputs", must: "be a list", value: show(inputs) });
  }
  return {
    input,
    inputs: inputs as unknown[] | undefined,
    options: checkedOptions(options, task.predict!.fields ?? {}, "options"),
  };
}
