import { basename, extname, resolve } from "node:path";
import { environment } from "../../base/environment.js";
import { OptionError } from "../../base/errors.js";
import { configure } from "../../engine/select.js";
import { Handler } from "../../serve/handler.js";
import { LIMIT_FIELDS, type Limits } from "../../serve/limits.js";
import { isLoopback, type Listening, listenWith } from "../../serve/listen-node.js";
import { isServedName, isToken, TOKEN_MUST } from "../../serve/options.js";
import { watchFiles } from "../../serve/watch-node.js";
import { buildTask } from "../../tasks/checkpoint.js";
import { CliError, EXIT, toCliError } from "../errors/cli-error.js";
import { asNumber, checkedFlags, givenFields } from "../field-options.js";
import { chooseThreads, findCheckpoint, readCheckpoint } from "../input/model-files.js";
import { SIGNAL_EXIT, type Terminal } from "../terminal/output.js";
import { printLine } from "../terminal/print.js";

type Settings = Readonly<Record<string, unknown>>;

/** A model under its name, and where it lies. */
interface Named {
  readonly name: string;
  readonly path: string;
}

/** `unrolled serve MODEL...`: answers until a signal comes, then what was asked, and ends with 0. */
export async function serveCommand(models: readonly string[], options: Settings, terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal;
  // Steps of one row or a few are too small for a call of the system's BLAS each.
  if (environment("UNROLLED_ENGINE") === undefined) configure({ engine: "wasm" });
  chooseThreads(options["threads"], 1);
  const given = givenFields(LIMIT_FIELDS, options);
  const defaults = Object.fromEntries(Object.entries(LIMIT_FIELDS).map(([key, field]) => [key, field.default]));
  const limits = { ...defaults, ...checkedFlags("serve", LIMIT_FIELDS, given) } as unknown as Limits;
  const access = {
    token: (options["token"] as string | undefined) ?? null,
    hosts: listed(options["hosts"]).map((host) => host.toLowerCase()),
    origins: listed(options["origins"]),
  };
  checkToken(access.token);
  const address = { port: portOf(options["port"]), host: (options["host"] as string | undefined) ?? "127.0.0.1" };
  const isGuarded = access.token !== null || options["insecure"] === true;
  checkGuard(address.host, isGuarded);
  const handler = new Handler({
    access,
    limits,
    onError: (error) => printLine(stderr, `error: ${error instanceof Error ? (error.stack ?? error.message) : error}`),
  });
  const named = namesOf(models);
  for (const { name, path } of named) load(handler, name, path);
  const listening = await listen(handler, address, { limits, isGuarded });
  told(named, listening, handler, options["json"] === true, terminal);
  const stop = options["watch"] === true ? watch(named, handler, terminal) : () => {};
  await ended(terminal);
  stop();
  if (options["json"] !== true) printLine(stderr, "draining: what was asked is answered, nothing new is taken");
  await listening.close();
  if (options["json"] === true) printLine(stdout, JSON.stringify({ type: "ended" }));
  return EXIT.done;
}

function load(handler: Handler, name: string, path: string): void {
  const checkpoint = readCheckpoint(path);
  const { task } = checkpoint;
  handler.set(name, { task, model: buildTask(task, checkpoint), known: checkpoint });
}

const listed = (value: unknown): string[] =>
  typeof value === "string"
    ? value
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "")
    : [];

/** `name=path`, or a path whose last part is the name. @throws CliError */
function namesOf(models: readonly string[]): Named[] {
  const named = models.map((model) => {
    const at = model.indexOf("=");
    const path = at < 0 ? model : model.slice(at + 1);
    const own = basename(resolve(path));
    const plain = extname(own) === ".safetensors" ? own.slice(0, -".safetensors".length) : own;
    return { name: at < 0 ? plain.replace(/[^\w.-]+/g, "-") : model.slice(0, at), path };
  });
  for (const [i, { name, path }] of named.entries()) {
    const usage = (found: string, expected: string) =>
      new CliError({
        ...{ exitCode: EXIT.usage, where: "MODEL", found, expected, untouched: "Nothing was started." },
        fix: { edit: { replace: { from: models[i], to: [`model-${i + 1}=${path}`] } } },
      });
    if (!isServedName(name)) {
      throw usage(`found the name ${JSON.stringify(name)}`, "it must be letters, digits, dots, dashes and underscores");
    }
    if (named.findIndex((other) => other.name === name) !== i) {
      throw usage(`found two models named ${name}`, "each needs a name of its own, as in NAME=PATH");
    }
  }
  return named;
}

function portOf(given: unknown): number {
  const port = given === undefined ? 8080 : asNumber(given as string);
  if (typeof port === "number" && Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new CliError({
    ...{ exitCode: EXIT.usage, where: "--port", found: `found ${JSON.stringify(given)}` },
    expected: "it must be a port, 0 to 65535",
    untouched: "Nothing was started.",
    fix: { edit: { set: ["--port", "8080"] } },
  });
}

function checkToken(token: string | null): void {
  if (token === null || isToken(token)) return;
  throw new CliError({
    ...{ exitCode: EXIT.usage, where: "--token", found: `found ${JSON.stringify(token)}` },
    expected: `it must ${TOKEN_MUST}`,
    untouched: "Nothing was started.",
    fix: { edit: { without: ["--token"] } },
  });
}

function checkGuard(host: string, isGuarded: boolean): void {
  if (isGuarded || isLoopback(host)) return;
  throw new CliError({
    ...{ exitCode: EXIT.usage, where: "--host", found: `found ${host} without --token` },
    expected: "who reaches another address than this machine's own must know a token (or anybody may ask: --insecure)",
    untouched: "Nothing was started.",
    fix: { edit: { without: ["--host"] } },
  });
}

async function listen(
  handler: Handler,
  address: { port: number; host: string },
  how: { limits: Limits; isGuarded: boolean },
): Promise<Listening> {
  try {
    return await listenWith(handler, address, how);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const isPort = error.argument === "port";
    throw (
      toCliError(error, {
        ...{ where: isPort ? "--port" : "--host", untouched: "Nothing was started.", exitCode: EXIT.usage },
        fix: { edit: isPort ? { set: ["--port", "0"] } : { without: ["--host"] } },
      }) ?? error
    );
  }
}

function told(
  named: readonly Named[],
  { url }: Listening,
  handler: Handler,
  json: boolean,
  { stdout }: Terminal,
): void {
  const models = named.map(({ name, path }) => ({ name, path, task: handler.models.get(name).task }));
  if (json) {
    const all = models.map(({ name, path, task }) => ({ name, path, task: task.name }));
    printLine(stdout, JSON.stringify({ type: "listening", url, models: all }));
    return;
  }
  for (const { name, path, task } of models) printLine(stdout, `${name}: ${task.title} (${path})`);
  printLine(stdout, `listening at ${url}; Ctrl-C answers what was asked, and ends`);
}

/** A file that cannot be read leaves the model before it in its place. */
function watch(named: readonly Named[], handler: Handler, { stderr }: Terminal): () => void {
  return watchFiles(
    named.map(({ name, path }) => ({ key: name, find: () => findCheckpoint(path) })),
    (name) => {
      const { path } = named.find((one) => one.name === name)!;
      try {
        load(handler, name, path);
        printLine(stderr, `${name}: the model of ${path} took the place of the one before`);
      } catch (error) {
        const found = toCliError(error);
        if (found === null) throw error;
        printLine(stderr, `warning: ${name}: the model before goes on: ${found.sentences}`);
      }
    },
  );
}

/** Until a signal; a second one ends at once. */
function ended(terminal: Terminal): Promise<void> {
  return new Promise((resolve) => {
    let isFirst = true;
    terminal.onSignal((signal) => {
      if (!isFirst) terminal.exit(SIGNAL_EXIT[signal]);
      isFirst = false;
      resolve();
    });
  });
}
