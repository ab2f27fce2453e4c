import type { JsonSchema } from "../tasks/commands.js";
import { describeModel, type ModelDescription } from "./describe.js";
import type { ServedModel } from "./served-model.js";

const ERROR: JsonSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["status", "code", "message", "field", "must", "value", "fix", "details"],
      properties: {
        status: { type: "integer" },
        code: { type: "string", description: "the kind of mistake, for programs" },
        message: { type: "string", description: "for a person" },
        field: { type: "string", description: "what is at fault: inputs[3], length" },
        must: { type: "string" },
        value: { type: "string" },
        fix: { type: "string" },
        details: { type: "object" },
      },
    },
  },
};

const json = (schema: JsonSchema) => ({ "application/json": { schema } });
const answer = (description: string, content: object) => ({ description, content });
const REFUSED = answer(
  "An error, which says what is wrong and how to mend it.",
  json({ $ref: "#/components/schemas/Error" }),
);
const LINES = { "application/x-ndjson": { schema: { type: "string" } } };
const MODEL: JsonSchema = { type: "object", required: ["name", "version", "task", "title"] };

/** What can be asked of these models, as OpenAPI 3.1 has it. */
export function openApi(models: readonly ServedModel[], hasToken: boolean): object {
  const described = models.map(describeModel);
  const paths = Object.fromEntries(described.flatMap(pathsOf));
  return {
    openapi: "3.1.0",
    info: { title: "Unrolled models", version: "1" },
    ...(hasToken && { security: [{ token: [] }] }),
    paths: {
      "/v1/models": {
        get: operation("models", "The models and what they read and say.", json(listOf("models", MODEL))),
      },
      ...paths,
      "/healthz": { get: operation("health", "Whether the server runs.", json({ type: "object" })) },
      "/readyz": { get: operation("ready", "Whether the server takes requests.", json({ type: "object" })) },
      "/metrics": {
        get: operation("metrics", "Figures for Prometheus.", { "text/plain": { schema: { type: "string" } } }),
      },
    },
    components: {
      schemas: { Error: ERROR },
      ...(hasToken && { securitySchemes: { token: { type: "http", scheme: "bearer" } } }),
    },
  };
}

function operation(operationId: string, summary: string, content: object, body?: object): object {
  return {
    ...{ operationId, summary },
    ...(body !== undefined && { requestBody: { required: true, content: body } }),
    responses: { "200": answer("The answer.", content), default: REFUSED },
  };
}

const listOf = (key: string, items: JsonSchema): JsonSchema => ({
  type: "object",
  required: [key],
  properties: { [key]: { type: "array", items } },
});

function pathsOf({ name, title, predict, generate, sessions }: ModelDescription): [string, object][] {
  const paths: [string, object][] = [
    [
      `/v1/models/${name}`,
      { get: operation(`describe-${name}`, "The model, and what it reads and says.", json(MODEL)) },
    ],
  ];
  if (predict !== undefined) {
    const { input, output, options } = predict;
    const one = { type: "object", required: ["input"], properties: { input, options }, additionalProperties: false };
    const { required, properties } = listOf("inputs", input) as { required: string[]; properties: object };
    const many = { type: "object", required, properties: { ...properties, options }, additionalProperties: false };
    const said = { type: "object", required: ["output"], properties: { output } };
    const content = { ...json({ anyOf: [said, listOf("outputs", output)] }), ...LINES };
    const body = { ...json({ anyOf: [one, many] } as unknown as JsonSchema), ...LINES };
    const summary = `What ${title} says of one input, of a list, or of a line each.`;
    paths.push([`/v1/models/${name}/predict`, { post: operation(`predict-${name}`, summary, content, body) }]);
  }
  if (generate !== undefined) {
    const text = json({
      type: "object",
      required: ["text", "seed"],
      properties: { text: { type: "string" }, seed: { type: "number" } },
    });
    const content = { "text/event-stream": { schema: { type: "string" } }, ...text };
    const summary = "What the model writes: events start, text, ..., done, or all at once as JSON.";
    paths.push([
      `/v1/models/${name}/generate`,
      { post: operation(`generate-${name}`, summary, content, json(generate.options)) },
    ]);
  }
  if (sessions !== undefined) paths.push(...sessionPaths(name, sessions, generate?.options));
  return paths;
}

const SESSION: JsonSchema = { type: "object", required: ["id", "model", "version", "bytes", "seconds"] };
const ID = [{ name: "id", in: "path", required: true, schema: { type: "string" } }];

function sessionPaths(
  name: string,
  { input, output, options }: NonNullable<ModelDescription["sessions"]>,
  writes: JsonSchema | undefined,
): [string, object][] {
  const all = `/v1/models/${name}/sessions`;
  const piece = { type: "object", required: ["input"], properties: { input, options }, additionalProperties: false };
  const said = { type: "object", required: ["output"], properties: { output } };
  const begun = operation(`begin-session-${name}`, "Begins a session: 201 with its id.", json(SESSION));
  const told = operation(`session-${name}`, "What is known of a session.", json(SESSION));
  const ended = operation(`end-session-${name}`, "Ends a session: 204.", {});
  const read = operation(`read-on-${name}`, "Reads a piece after all before it.", json(said), json(piece));
  const events = { "text/event-stream": { schema: { type: "string" } } };
  const written = operation(`write-on-${name}`, "Writes on, and remembers what it wrote.", events, json(writes ?? {}));
  return [
    [all, { post: begun }],
    [`${all}/{id}`, { parameters: ID, get: told, delete: ended }],
    [`${all}/{id}/predict`, { parameters: ID, post: read }],
    ...(writes === undefined ? [] : [[`${all}/{id}/generate`, { parameters: ID, post: written }] as [string, object]]),
  ];
}
