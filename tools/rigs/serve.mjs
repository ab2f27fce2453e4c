// Clients of `unrolled serve`, each answer beside the library's; meanwhile the server is told to end, or killed, and started again.

import { writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { configure } from "../../dist/engine/select.js";
import { train } from "../../dist/tasks/index.js";
import { start } from "./command-line.mjs";
import { below, randomOf } from "./scenario.mjs";

const INPUTS = 1000;
const PATH = "/v1/models/names/predict";
/** So many requests, and the server is ended; every other time by force. */
const LIFE = 20_000;

/** Names that begin with one of some letters, and a table of which. */
function names(count, random) {
  const part = (letters) => letters[below(random, letters.length)];
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(random, 6) }, () => part("bdlmnrst") + part("aeiou")).join(""),
  );
}

async function model(folder, random) {
  // As the server: bits are those of the engine.
  configure({ engine: "wasm", threads: 1, wasm256: true });
  const rows = names(400, random).map((name) => `${name},${"aei".includes(name.at(-1)) ? "one" : "two"}`);
  const bytes = new TextEncoder().encode(`name,kind\n${rows.join("\n")}\n`);
  const settings = { hidden: 32, embed: 8, epochs: 2, valid: 0.2 };
  const { model: trained } = await train({ name: "names.csv", bytes }, settings);
  writeFileSync(join(folder, "names.safetensors"), trained.encode());
  return trained;
}

/** A server, and where it listens. */
async function serving(folder) {
  let listens;
  const url = new Promise((resolve) => {
    listens = resolve;
  });
  const argv = ["serve", "names.safetensors", "--port", "0", "--json"];
  const { child, ended } = start(folder, argv, {
    env: { UNROLLED_ENGINE: "wasm" },
    onOutput: (out) => out.includes("\n") && listens(JSON.parse(out.slice(0, out.indexOf("\n"))).url),
  });
  const found = await Promise.race([url, ended]);
  if (typeof found !== "string") throw new Error(`serve ended with ${found.status}: ${found.err}`);
  return { url: new URL(found), child, ended };
}

/** Of one request: its status and body, or the code of what became of the connection. */
function post(agent, { hostname, port }, body) {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const sent = request({ agent, hostname, port, path: PATH, method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (more) => {
        text += more;
      });
      response.on("end", () => resolve({ status: response.statusCode, text }));
      response.on("error", ({ code }) => resolve({ code }));
    });
    sent.on("error", ({ code }) => resolve({ code, isReused: sent.reusedSocket }));
    sent.end(body);
  });
}

/** Clients, and the server that they ask, which changes. */
class Rig {
  faults = [];
  cases = 0;
  #taken = 0;
  #count;
  #folder;
  #random;
  #server;
  /** Clients that meet a closed door wait for the next server. */
  #opened = Promise.resolve();

  constructor({ count, folder, random, server }) {
    [this.#count, this.#folder, this.#random, this.#server] = [count, folder, random, server];
  }

  get #isOver() {
    return this.#taken >= this.#count || this.faults.length > 20;
  }

  async client(agent, { inputs, bodies, expected }) {
    while (!this.#isOver) {
      const at = below(this.#random, INPUTS);
      this.#taken++;
      const { status, text } = await this.#answered(agent, bodies[at]);
      this.cases++;
      if (status !== 200) this.faults.push(`status ${status}: ${text}`);
      else if (text !== expected[at]) this.faults.push(`${inputs[at]}: ${text} and not ${expected[at]}`);
    }
  }

  async #answered(agent, body) {
    for (;;) {
      await this.#opened;
      const asked = this.#server;
      const { status, text, code, isReused } = await post(agent, asked.url, body);
      if (code === undefined) return { status, text };
      // A connection that the server had ended already, as it was told to, is none of its answers.
      const isExcused = asked.isKilled || code === "ECONNREFUSED" || (asked.isEnding && isReused);
      if (!isExcused) this.faults.push(`${code} while the server ${asked.isEnding ? "drains" : "runs"}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Ends the server again and again, every other time by force, and starts another. */
  async restarts() {
    for (let [next, endings] = [Math.min(LIFE, Math.floor(this.#count / 3)), 0]; !this.#isOver; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (this.#taken < next) continue;
      next += LIFE;
      const byForce = endings++ % 2 === 1;
      Object.assign(this.#server, { isKilled: byForce, isEnding: true });
      let open;
      this.#opened = new Promise((resolve) => {
        open = resolve;
      });
      await this.end(byForce ? "SIGKILL" : "SIGTERM");
      this.#server = await serving(this.#folder);
      open();
    }
  }

  async end(signal) {
    this.#server.child.kill(signal);
    const { status, err } = await this.#server.ended;
    if (signal === "SIGTERM" && status !== 0) this.faults.push(`it drains, and ends with ${status}: ${err}`);
  }
}

/** @returns {Promise<{ cases: number, faults: string[] }>} */
export async function serves({ count, seed, folder }) {
  const random = randomOf(seed);
  const trained = await model(folder, random);
  const inputs = names(INPUTS, random);
  const bodies = inputs.map((input) => JSON.stringify({ input }));
  const expected = [];
  for await (const output of trained.predict(inputs)) expected.push(JSON.stringify({ output }));
  const clients = Math.min(1000, Math.max(10, Math.floor(count / 100)));
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const rig = new Rig({ count, folder, random, server: await serving(folder) });
  const asking = Array.from({ length: clients }, () => rig.client(agent, { inputs, bodies, expected }));
  await Promise.all([rig.restarts(), ...asking]);
  await rig.end("SIGTERM");
  agent.destroy();
  return { cases: rig.cases, faults: rig.faults };
}
