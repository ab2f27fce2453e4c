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
  const faults = [];
  let [taken, cases] = [0, 0];
  let server = await serving(folder);
  // Clients that meet a closed door wait for the next server.
  let opened = Promise.resolve();
  let endings = 0;

  async function client() {
    while (taken < count) {
      const at = below(random, INPUTS);
      taken++;
      for (;;) {
        await opened;
        const asked = server;
        const { status, text, code, isReused } = await post(agent, asked.url, bodies[at]);
        if (code !== undefined) {
          // A connection that the server had ended already, as it was told to, is none of its answers.
          const isExcused = asked.isKilled || code === "ECONNREFUSED" || (asked.isEnding && isReused);
          if (!isExcused) faults.push(`${code} while the server ${asked.isEnding ? "drains" : "runs"}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
          continue;
        }
        cases++;
        if (status !== 200) faults.push(`status ${status}: ${text}`);
        else if (text !== expected[at]) faults.push(`${inputs[at]}: ${text} and not ${expected[at]}`);
        break;
      }
      if (faults.length > 20) taken = count;
    }
  }

  async function restarts() {
    for (let next = Math.min(LIFE, Math.floor(count / 3)); taken < count; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (taken < next) continue;
      next += LIFE;
      const old = server;
      const byForce = endings++ % 2 === 1;
      [old.isKilled, old.isEnding] = [byForce, true];
      let open;
      opened = new Promise((resolve) => {
        open = resolve;
      });
      old.child.kill(byForce ? "SIGKILL" : "SIGTERM");
      const { status, err } = await old.ended;
      if (!byForce && status !== 0) faults.push(`it drains, and ends with ${status}: ${err}`);
      server = await serving(folder);
      open();
    }
  }

  await Promise.all([restarts(), ...Array.from({ length: clients }, client)]);
  server.child.kill("SIGTERM");
  agent.destroy();
  const { status, err } = await server.ended;
  if (status !== 0) faults.push(`the end: ${status}: ${err}`);
  return { cases, faults };
}
