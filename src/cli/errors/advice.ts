/** What `unrolled` was started as: `["npx", "unrolled"]`. */
export type Program = readonly string[];

/** The command as it was given, but for what is said here. */
export interface Edit {
  /** Flags to give, in place of those that were given: `["--hidden", "128"]`. */
  set?: readonly string[];
  /** Flags to leave out, with their values. */
  without?: readonly string[];
  /** An argument, or the value of a flag, to replace; where it was not given, the new ones are added. */
  replace?: { from: string; to: readonly string[] };
  /** A flag that was mistyped. */
  rename?: { from: string; to: string };
  /** A command whose output is read as standard input. */
  input?: readonly string[];
}

/** One way out of an error, as data: it is rendered once, where it is printed. */
export type Fix =
  /** What a person has to do by hand. */
  | { text: string }
  /** Arguments of `unrolled`. */
  | { command: readonly string[] }
  /** A command of another program, and then the same again. */
  | { shell: readonly string[] }
  | { edit: Edit };

/** What the commands that a fix leads to depend on. */
export interface Invocation {
  program: Program;
  /** What was given to the program. */
  argv: readonly string[];
  /** Flags that take no value. */
  switches: ReadonlySet<string>;
}

/** A fix as the commands to type, each one's output going into the next; null where a person has to do something else. */
export function fixPipeline(fix: Fix, { program, argv, switches }: Invocation): string[][] | null {
  if ("text" in fix) return null;
  if ("shell" in fix) return [[...fix.shell]];
  if ("command" in fix) return [[...program, ...fix.command]];
  const { set = [], without = [], rename, replace, input } = fix.edit;
  const dropped = new Set([...without, ...set.filter((word) => word.startsWith("--"))]);
  const kept: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const [flag] = argv[i].split("=", 1) as [string];
    if (!argv[i].startsWith("--") || !dropped.has(flag)) kept.push(argv[i]);
    else if (flag === argv[i] && !switches.has(flag)) i++;
  }
  if (rename !== undefined) {
    const at = kept.findIndex((word) => word.split("=", 1)[0] === rename.from);
    if (at >= 0) kept[at] = rename.to + kept[at].slice(rename.from.length);
  }
  if (replace !== undefined) {
    const at = kept.indexOf(replace.from);
    if (at < 0) kept.push(...replace.to);
    else kept.splice(at, 1, ...replace.to);
  }
  const command = [...program, ...kept, ...set];
  return input === undefined ? [command] : [[...input], command];
}

/** A fix as it stands after "Try:": what to do, or the words of a command. */
export function fixWords(fix: Fix, invocation: Invocation): string | string[] {
  if ("text" in fix) return fix.text;
  if ("edit" in fix) {
    // Flags alone are enough to say what changes.
    const { rename, set = [], ...others } = fix.edit;
    if (rename !== undefined) return rename.to;
    if (set.length > 0 && Object.keys(others).length === 0) return commandText(set);
  }
  return fixPipeline(fix, invocation)!.flatMap((words, i) => [...(i > 0 ? ["|"] : []), ...words.map(shellQuote)]);
}

/** Words as they are typed into a shell. */
export function commandText(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}

const SAFE = /^[\w@%+=:,./-]+$/;
/** What a terminal would act upon, or a reader not see: a shell takes it as `$'\x1b'`. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A word that a POSIX shell reads as one, and as this one. */
export function shellQuote(word: string): string {
  if (SAFE.test(word)) return word;
  if (!UNSEEN.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const quoted = [...word].map((char) => {
    if (char === "'" || char === "\\") return `\\${char}`;
    if (!UNSEEN.test(char)) return char;
    return [...new TextEncoder().encode(char)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  });
  return `$'${quoted.join("")}'`;
}
