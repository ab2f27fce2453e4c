import type { Command, CommanderError } from "commander";
import { nearest } from "../base/nearest.js";
import { CliError, EXIT } from "./cli-error.js";

/** What the parser complains about, in the form of the command line, with the nearest word that would have done. */
export function usageError(error: CommanderError, program: Command, argv: readonly string[]): CliError {
  const named = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  const where = command === undefined ? "unrolled" : `unrolled ${command.name()}`;
  const untouched = "Nothing was written.";
  const fail = (found: string, expected: string, fix: string): CliError =>
    new CliError({ exitCode: EXIT.usage, where, found, expected, untouched, fix }, { cause: error });
  const help = `${where} --help`;
  const typed = argv.find((argument) => !argument.startsWith("-"));
  const unknownCommand = (name: string): CliError => {
    const names = program.commands.map((candidate) => candidate.name());
    const near = nearest(name, names);
    const expected = `it has the commands ${names.join(", ")}`;
    return fail(`found the unknown command ${name}`, expected, near === undefined ? help : `unrolled ${near}`);
  };
  switch (error.code) {
    case "commander.unknownOption": {
      const flags = (command ?? program).options.map((option) => option.long ?? "");
      const near = nearest(named, [...flags, "--help"]);
      return fail(`found the unknown option ${named}`, "it takes those that --help lists", near ?? help);
    }
    case "commander.unknownCommand":
      return unknownCommand(named);
    case "commander.missingArgument":
      return fail(`found no ${named}`, `it needs one`, exampleOf(command) ?? help);
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

function exampleOf(command: Command | undefined): string | undefined {
  switch (command?.name()) {
    case "train":
      return "unrolled train corpus.txt";
    case "eval":
      return "unrolled eval runs/corpus other.txt";
    case "sample":
      return "unrolled sample runs/corpus";
    case "inspect":
      return "unrolled inspect runs/corpus";
    default:
      return undefined;
  }
}
