import { type ListeningServer, type ListenOptions, listen } from "../../src/serve/index-node.js";
import type { Input, Output, TaskModel } from "../../src/tasks/index.js";

/** Servers that a test started, ended after it. */
export class Servers {
  readonly #all: ListeningServer[] = [];

  async start(options: ListenOptions): Promise<Asker> {
    const server = await listen({ port: 0, ...options });
    this.#all.push(server);
    return new Asker(server);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.splice(0).map((server) => server.close(1)));
  }
}

export class Asker {
  readonly server: ListeningServer;

  constructor(server: ListeningServer) {
    this.server = server;
  }

  get url(): string {
    return this.server.url;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, { headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const own = { "content-type": "application/json", ...headers };
    const sent = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    return fetch(this.url + path, { method: "POST", headers: own, body: sent as BodyInit });
  }

  /** The status and the error of an answer that is one. */
  async refused(answer: Promise<Response>): Promise<Record<string, unknown>> {
    const response = await answer;
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    if (error["status"] !== response.status)
      throw new Error(`status ${response.status}, in the body ${error["status"]}`);
    return error;
  }
}

/** What the library says of each. */
export async function said(model: TaskModel, inputs: readonly Input[], options = {}): Promise<Output[]> {
  const all: Output[] = [];
  for await (const output of model.predict(inputs, options)) all.push(output);
  return all;
}

/** Server-sent events of a text. */
export function eventsOf(text: string): { event: string; data: Record<string, unknown> }[] {
  return text
    .trim()
    .split("\n\n")
    .map((block) => {
      const [event, data] = ["event: ", "data: "].map((name) =>
        block
          .split("\n")
          .find((line) => line.startsWith(name))!
          .slice(name.length),
      );
      return { event: event!, data: JSON.parse(data!) };
    });
}
