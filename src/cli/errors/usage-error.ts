import type { Command, CommanderError } from "commander";
import { editDistance, nearest } from "../../base/nearest.js";
import type { CommandTask } from "../../tasks/commands.js";
import { TASKS } from "../../tasks/registry.js";
import { taskAtHand } from "../input/task-at-hand.js";
import type { Fix } from "./advice.js";
import { CliError, EXIT, flagOf } from "./cli-error.js";

/** The code of an error whose message is the number of ranks that would all do the same. */
export const RANKS = "unrolled.ranks";
const ALONE = "train alone is shared out over the ranks of mpirun";

/** What the parser complains about, in the form of the command line, with the nearest word that would have done. */
export function usageError(error: CommanderError, program: Command, argv: readonly string[]): CliError {
  const named = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  const where = command === undefined ? "unrolled" : `unrolled ${command.name()}`;
  const untouched = "Nothing was written.";
  const fail = (found: string, expected: string, fix: Fix): CliError =>
    new CliError({ exitCode: EXIT.usage, where, found, expected, untouched, fix }, { cause: error });
  const help = { command: [...(command === undefined ? [] : [command.name()]), "--help"] };
  const typed = argv.find((argument) => !argument.startsWith("-"));
  const unknownCommand = (name: string): CliError => {
    const names = program.commands.map((candidate) => candidate.name());
    const near = nearest(name, names);
    const expected = `it has the commands ${names.join(", ")}`;
    return fail(
      `found the unknown command ${name}`,
      expected,
      near === undefined ? help : { edit: { replace: { from: name, to: [near] } } },
    );
  };
  switch (error.code) {
    case "commander.unknownOption": {
      const found = `found the unknown option ${named}`;
      const task = command?.name() === "train" ? taskAtHand(argv) : null;
      const { near, other } = nearestFlag(named, command ?? program, task);
      if (near === undefined) return fail(found, "it takes those that --help lists", help);
      if (other === undefined) {
        const fix = { edit: { rename: { from: named, to: near } } };
        return fail(found, "it takes those that --help lists", fix);
      }
      const expected = `${near} is a setting of ${other.title} (--task ${other.name}), and this is to be ${task!.title}`;
      return fail(found, expected, { command: ["train", "--task", task!.name, "--help"] });
    }
    case "commander.unknownCommand":
      return unknownCommand(named);
    case "commander.missingArgument":
      return fail(`found no ${named}`, `it needs one`, EXAMPLES[command?.name() ?? ""] ?? help);
    case "commander.optionMissingArgument":
      return fail(`found ${named.split(" ")[0]} without a value`, `it is used as ${named}`, help);
    case "commander.excessArguments": {
      if (command === undefined && typed !== undefined) return unknownCommand(typed);
      const expected = `it takes ${command?.registeredArguments.length ?? 0} (quote a name that has spaces)`;
      return fail("found too many arguments", expected, help);
    }
    case RANKS:
      return fail(`found ${error.message} ranks`, ALONE, { text: "the same command without mpirun" });
    case "commander.help":
      return fail("found no command", `it has ${program.commands.map((c) => c.name()).join(", ")}`, help);
    default:
      return fail(
        `found ${error.message.replace(/^error: /, "").replace(/\.$/, "")}`,
        "it takes what --help lists",
        help,
      );
  }
}

const EXAMPLES: Readonly<Record<string, Fix>> = {
  train: { command: ["train", "corpus.txt"] },
  eval: { command: ["eval", "runs/corpus", "other.txt"] },
  sample: { command: ["sample", "runs/corpus"] },
  inspect: { command: ["inspect", "runs/corpus"] },
  predict: { command: ["predict", "runs/reviews", "new.csv"] },
  export: { command: ["export", "runs/corpus", "--to", "pytorch"] },
  import: { command: ["import", "model.pt"] },
};

/**
 * The flag that was probably meant: one that begins as it does, one that is a part of it (`--batch-size`) or that it is a part of, one
 * whose description begins with its words (`--learning-rate`), or one with few letters changed.
 * @param task  whose settings come first; null where nobody knows
 * @returns also the task of a flag that is none of this one's
 */
function nearestFlag(
  typed: string,
  { options }: Pick<Command, "options">,
  task: CommandTask | null,
): { near?: string; other?: CommandTask } {
  const word = typed.replace(/^-+/, "").toLowerCase();
  // Of several tasks that have it, the first is named.
  const others = new Map(task === null ? [] : TASKS.flatMap((other) => foreignFlags(other, task)).reverse());
  const isFirst = ({ hidden, long }: Command["options"][number]) => (task === null ? !hidden : !others.has(long ?? ""));
  const found =
    nearestOf(word, options.filter(isFirst)) ??
    nearestOf(
      word,
      options.filter((one) => !isFirst(one)),
    );
  if (found === undefined) return {};
  const other = others.get(`--${found}`);
  return { near: `--${found}`, ...(other !== undefined && { other }) };
}

/** Flags of a task that another one lacks. */
function foreignFlags(other: CommandTask, { fields }: CommandTask): [string, CommandTask][] {
  return Object.keys(other.fields).flatMap((key) => (Object.hasOwn(fields, key) ? [] : [[flagOf(key), other]]));
}

function nearestOf(word: string, options: Command["options"]): string | undefined {
  const known = options.map(({ long, description }) => ({ name: (long ?? "").slice(2), description }));
  const names = [...known.map(({ name }) => name), "help"];
  const find = (test: (name: string) => boolean): string | undefined =>
    word.length < 2 ? undefined : names.find(test);
  return (
    find((name) => name.startsWith(word)) ??
    find((name) => `-${word}-`.includes(`-${name}-`)) ??
    find((name) => word.length > 3 && `-${name}-`.includes(`-${word}-`)) ??
    known.find(({ description }) => word.includes("-") && description.startsWith(word.replaceAll("-", " ")))?.name ??
    closest(word, names) ??
    // Of a short name all letters.
    find((name) => word.length > 4 && name.startsWith(word.slice(0, name.length > 4 ? 3 : 4)))
  );
}

/** A short word is near to all others: at most a third of its letters may differ, and one may always. */
function closest(word: string, names: readonly string[]): string | undefined {
  const near = nearest(word, names);
  return near !== undefined && editDistance(word, near) <= Math.max(1, word.length / 3) ? near : undefined;
}
