/**
 * A client of `unrolled serve` in a few lines of TypeScript: one input, many, a stream of lines, text as it is written, and a session.
 *
 *   unrolled serve runs/reviews runs/corpus
 *   npm run example serve/client http://127.0.0.1:8080
 *
 * curl.sh beside it asks the same without a program.
 */

/** What a server says of a request that it does not answer. */
export class ServerError extends Error {
  readonly status: number;
  readonly field: string;

  constructor({ status, message, field }: { status: number; message: string; field: string }) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** Models of a server. */
export class Client {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, token?: string) {
    this.#url = url.replace(/\/$/, "");
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async models(): Promise<{ name: string; task: string; predict?: object; generate?: object; sessions?: object }[]> {
    const response = await this.#ask("/v1/models");
    return ((await response.json()) as { models: [] }).models;
  }

  /** What a model says of each input. */
  async predict<Output>(model: string, inputs: readonly unknown[], options = {}): Promise<Output[]> {
    const response = await this.#post(`/v1/models/${model}/predict`, { inputs, options });
    return ((await response.json()) as { outputs: Output[] }).outputs;
  }

  /** What it says of any number of inputs, a line each. */
  async *predictLines<Output>(model: string, inputs: readonly unknown[]): AsyncGenerator<Output> {
    const body = inputs.map((input) => JSON.stringify(input)).join("\n");
    const headers = { "content-type": "application/x-ndjson" };
    const response = await this.#ask(`/v1/models/${model}/predict`, { method: "POST", headers, body });
    for await (const line of partsOf(response, "\n")) if (line !== "") yield JSON.parse(line) as Output;
  }

  /** What it writes, piece by piece. @param path  of a model or of a session */
  async *generate(path: string, options: object): AsyncGenerator<string> {
    const response = await this.#post(`${path}/generate`, options);
    for await (const block of partsOf(response, "\n\n")) {
      const [event, data] = block.split("\n").map((line) => line.slice(line.indexOf(": ") + 2));
      if (event === "text") yield (JSON.parse(data!) as { text: string }).text;
      if (event === "error") throw new ServerError(JSON.parse(data!));
    }
  }

  /** The path of a session, which remembers what it reads and writes. */
  async session(model: string): Promise<string> {
    const response = await this.#post(`/v1/models/${model}/sessions`, {});
    return `/v1/models/${model}/sessions/${((await response.json()) as { id: string }).id}`;
  }

  /** Reads a piece in a session. */
  async read(session: string, input: string): Promise<{ nats: number | null; next: { token: string }[] }> {
    const response = await this.#post(`${session}/predict`, { input });
    return ((await response.json()) as { output: { nats: number | null; next: { token: string }[] } }).output;
  }

  #post(path: string, body: object): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return this.#ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #ask(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
    const response = await fetch(this.#url + path, { ...init, headers: { ...init.headers, ...this.#headers } });
    if (response.ok) return response;
    throw new ServerError(((await response.json()) as { error: ServerError }).error);
  }
}

/** The text of an answer, cut where `end` stands. */
async function* partsOf(response: Response, end: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = "";
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    held += decoder.decode(bytes, { stream: true });
    const parts = held.split(end);
    held = parts.pop()!;
    yield* parts;
  }
  if (held !== "") yield held;
}

/** Tells what each model of a server says or writes. */
export async function main(args: readonly string[] = [], log = console.log): Promise<void> {
  const client = new Client(args.find((arg) => arg.startsWith("http")) ?? "http://127.0.0.1:8080");
  for (const { name, task, predict, generate, sessions } of await client.models()) {
    log(`${name}: ${task}`);
    if (predict !== undefined) {
      try {
        log(`  says ${JSON.stringify((await client.predict(name, ["good"]))[0])}`);
        for await (const said of client.predictLines(name, ["good", ""])) log(`  and ${JSON.stringify(said)}`);
      } catch (error) {
        log(`  says ${(error as Error).message}`);
      }
    }
    if (generate !== undefined) {
      let text = "";
      for await (const piece of client.generate(`/v1/models/${name}`, { seed: 1 })) text += piece;
      log(`  writes ${JSON.stringify(text.slice(0, 60))}`);
    }
    if (sessions !== undefined) {
      const session = await client.session(name);
      for (const piece of ["a", " ", "b"]) {
        const { nats, next } = await client.read(session, piece);
        log(
          `  reads ${JSON.stringify(piece)} (${nats?.toFixed(2) ?? "-"} nats), next ${JSON.stringify(next[0]?.token)}`,
        );
      }
    }
  }
}
