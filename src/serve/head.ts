/** Fields of a request's head, by their names in small letters; null for one that is not there. */
export interface Head {
  get(name: string): string | null;
}

/** What Node's http gives of a request, as far as it is read here. */
export interface Incoming {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  on(event: string, listener: (value: never) => void): this;
  off(event: string, listener: (value: never) => void): this;
  readonly socket: { destroy(): unknown };
}

/** The head as Node has read it: a `Headers` of it would be made for each request. */
export class NodeHead implements Head {
  readonly #fields: Incoming["headers"];

  constructor({ headers }: Incoming) {
    this.#fields = headers;
  }

  get(name: string): string | null {
    const value = this.#fields[name];
    return typeof value === "string" ? value : null;
  }
}
