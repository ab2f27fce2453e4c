import type { Command, CommanderError } from "commander";
import { editDistance, nearest } from "../base/nearest.js";
import type { Fix } from "./advice.js";
import { CliError, EXIT } from "./cli-error.js";

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
      const near = nearestFlag(named, command ?? program);
      const fix = near === undefined ? help : { edit: { rename: { from: named, to: near } } };
      return fail(`found the unknown option ${named}`, "it takes those that --help lists", fix);
    }
    case "commander.unknownCommand":
      return unknownCommand(named);
    case "commander.missingArgument":
      return fail(
        `found no ${named}`,
        `it needs one`,
        command === undefined ? help : (EXAMPLES[command.name()] ?? help),
      );
    case "commander.optionMissingArgument":
      return fail(`found ${named.split(" ")[0]} without a value`, `it is used as ${named}`, help);
    case "commander.excessArguments": {
      if (command === undefined && typed !== undefined) return unknownCommand(typed);
      const expected = `it takes ${command?.registeredArguments.length ?? 0} (quote a name that has spaces)`;
      return fail("found too many arguments", expected, help);
    }
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
  import: { command: ["import", "model.pt"] },
};

/**
 * The flag that was probably meant: one that begins as it does, one that is a part of it (`--batch-size`), one whose
 * description begins with its words (`--learning-rate`), or one with few letters changed.
 */
export function nearestFlag(typed: string, { options }: Pick<Command, "options">): string | undefined {
  const word = typed.replace(/^-+/, "").toLowerCase();
  const shown = nearestOf(
    word,
    options.filter(({ hidden }) => !hidden),
  );
  const found =
    shown ??
    nearestOf(
      word,
      options.filter(({ hidden }) => hidden),
    );
  return found === undefined ? undefined : `--${found}`;
}

function nearestOf(word: string, options: Command["options"]): string | undefined {
  const known = options.map(({ long, description }) => ({ name: (long ?? "").slice(2), description }));
  const names = [...known.map(({ name }) => name), "help"];
  const find = (test: (name: string) => boolean): string | undefined =>
    word.length < 2 ? undefined : names.find(test);
  return (
    find((name) => name.startsWith(word)) ??
    find((name) => `-${word}-`.includes(`-${name}-`)) ??
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
