/** Upper ends of the classes of a histogram, in seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const INPUTS = [1, 2, 3, 4, 8, 16, 32];

class Histogram {
  readonly #ends: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(ends: readonly number[]) {
    this.#ends = ends;
    this.#counts = new Float64Array(ends.length + 1);
  }

  add(value: number): void {
    let i = 0;
    while (i < this.#ends.length && value > this.#ends[i]) i++;
    this.#counts[i]++;
    this.#sum += value;
  }

  lines(name: string, labels: string): string[] {
    let total = 0;
    const found = this.#ends.map((end, i) => {
      total += this.#counts[i];
      return `${name}_bucket{${labels},le="${end}"} ${total}`;
    });
    total += this.#counts[this.#ends.length];
    found.push(`${name}_bucket{${labels},le="+Inf"} ${total}`);
    return [...found, `${name}_sum{${labels}} ${this.#sum}`, `${name}_count{${labels}} ${total}`];
  }
}

/** A value by now, with its help. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

/** What Prometheus reads. */
export class Metrics {
  /** Of a route, then of a status. */
  readonly #requests = new Map<string, Map<number, number>>();
  readonly #seconds = new Map<string, Histogram>();
  readonly #batches = new Map<string, Histogram>();

  request(route: string, status: number, seconds: number): void {
    const statuses = ofKey(this.#requests, route, () => new Map<number, number>());
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    ofKey(this.#seconds, route, () => new Histogram(SECONDS)).add(seconds);
  }

  batch(model: string, inputs: number): void {
    ofKey(this.#batches, model, () => new Histogram(INPUTS)).add(inputs);
  }

  /** In Prometheus' text format, version 0.0.4. */
  text(gauges: readonly Gauge[]): string {
    const lines: string[] = [];
    const head = (name: string, type: string, help: string) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    head("unrolled_requests_total", "counter", "Requests that were answered.");
    for (const [route, statuses] of this.#requests) {
      for (const [status, count] of statuses) {
        lines.push(`unrolled_requests_total{route="${escaped(route)}",status="${status}"} ${count}`);
      }
    }
    head("unrolled_request_seconds", "histogram", "Seconds from a request's head to its answer's.");
    for (const [route, seconds] of this.#seconds) {
      lines.push(...seconds.lines("unrolled_request_seconds", `route="${escaped(route)}"`));
    }
    head("unrolled_batch_inputs", "histogram", "Inputs that were answered at once.");
    for (const [model, sizes] of this.#batches) {
      lines.push(...sizes.lines("unrolled_batch_inputs", `model="${escaped(model)}"`));
    }
    for (const { name, help, value } of gauges) {
      head(name, "gauge", help);
      lines.push(`${name} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

function escaped(label: string): string {
  return label.replace(/[\\"]/g, (char) => `\\${char}`).replaceAll("\n", "\\n");
}

function ofKey<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
