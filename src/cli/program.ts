import { Command, Option } from "commander";
import { TARGETS } from "../interchange/targets/registry.js";
import { LIMIT_FIELDS } from "../serve/limits.js";
import { DEFAULT_TASK, TASKS } from "../tasks/registry.js";
import { commandText } from "./errors/advice.js";
import { addCapabilityOptions, addFieldOptions, addPresetOption, addTrainingOptions } from "./field-options.js";
import { namedTask } from "./input/task-at-hand.js";
import { packageVersion } from "./package-version.js";
import type { Terminal } from "./terminal/output.js";
import { printLine } from "./terminal/print.js";

/** What a command leaves: its exit status. */
export interface Outcome {
  exitCode: number;
  /** What it prints only tells of what it does: that goes on when nobody can be told. */
  tells?: boolean;
}

/** Commands of which the ranks of mpirun do a part each. */
export const SHARED: readonly string[] = ["train"];

/** The commands, their options and their help. What they do is loaded when one is called. */
export function buildProgram(terminal: Terminal, outcome: Outcome, argv: readonly string[]): Command {
  const program = new Command("unrolled")
    .description("Train, evaluate and sample recurrent neural networks.")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .version(packageVersion(), "-v, --version", "show the version")
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => {
        for (const line of asStarted(text).trimEnd().split("\n")) printLine(terminal.stdout, line);
      },
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(terminal.stdout.columns, 110),
    })
    .addHelpText("after", PROGRAM_HELP);
  // Help is written for a program on the path; here it says what can be typed.
  const started = commandText(terminal.program);
  const asStarted = (text: string): string =>
    text.replace(
      /\bunrolled (?=train|eval|sample|predict|inspect|serve|import|export|runs|plot|studio|\[)/g,
      `${started} `,
    );
  addTrain(program, terminal, outcome, argv);
  addEval(program, terminal, outcome);
  addSample(program, terminal, outcome);
  if (TASKS.some(({ predict }) => predict !== undefined)) addPredict(program, terminal, outcome);
  addInspect(program, terminal, outcome);
  addServe(program, terminal, outcome);
  addImport(program, terminal, outcome);
  addExport(program, terminal, outcome);
  addRuns(program, terminal, outcome);
  addPlot(program, terminal, outcome);
  addStudio(program, terminal, outcome);
  program.action(() => {
    program.outputHelp();
  });
  return program;
}

/** The task whose settings help shows: the one that is named. */
function shownTask(argv: readonly string[]): (typeof TASKS)[number] {
  const name = namedTask(argv);
  return TASKS.find((task) => task.name === name) ?? DEFAULT_TASK;
}

function addTrain(program: Command, terminal: Terminal, outcome: Outcome, argv: readonly string[]): void {
  const shown = shownTask(argv);
  const train = command(program, "train")
    .description(`Train ${shown.title} on a ${shown.input}, and keep it in a run folder.`)
    .usage("FILE... [options]")
    .argument("[FILE...]", "the text: UTF-8, or any file with --tokens byte; several in a row; - for standard input");
  addTrainingOptions(train, shown);
  addPresetOption(train);
  if (TASKS.length > 1) {
    const names = TASKS.map(({ name }) => name).join(", ");
    train.option("--task <name>", `what to learn: ${names} (default: by what the file is)`);
  }
  train
    .option("--search <spec>", "train with many settings: hidden=32,64 lr=0.001..0.1 (or JSON, or a file of it)")
    .option("--search-kind <name>", "grid, random or halving (default: grid, or random for ranges and --trials)")
    .option("--trials <n>", "settings that are drawn (default: 20)")
    .option("--folds <k>", "train k times, and validate on another part of the data each time")
    .option("--threads <n>", "processor threads (default: as many as there are, at most 8)")
    .option("--out <folder>", "the run folder (default: runs/ and the name of FILE)")
    .option(
      "--from <model>",
      "begin with the weights of this run or checkpoint, and what they know: vocabulary, classes",
    )
    .option("--resume", "go on with the run in --out, bit for bit; options may raise --epochs or change --lr")
    .option("--ranks-like <n>", "sum as so many ranks of mpirun would: then the bits are theirs")
    .option("--dry-run", "read the data, tell what would be trained and how long it takes, and write nothing")
    .option("--tensorboard", "also write files for TensorBoard, into the run folder")
    .option("--config <file>", "JSON with any of these settings, such as a run's config.json; flags go before it")
    .option("--json", "print only JSON lines on standard output")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", TRAIN_HELP)
    .action(async (files: string[], options: Record<string, unknown>) => {
      outcome.tells = true;
      const { isSearch } = await import("./search/options.js");
      const { trainCommand } = isSearch(options)
        ? { trainCommand: (await import("./search/command.js")).searchCommand }
        : await import("./train/command.js");
      outcome.exitCode = await trainCommand(files, options, terminal);
    });
}

function addEval(program: Command, terminal: Terminal, outcome: Outcome): void {
  const evaluate = command(program, "eval")
    .description(DEFAULT_TASK.evaluate?.about ?? "")
    .usage("MODEL FILE... [options]")
    .argument("<MODEL>", "a run folder (its best checkpoint) or a checkpoint")
    .argument("<FILE...>", "the text; several in a row; - for standard input")
    .addOption(new Option("--batch <n>", "changes nothing: a text is read as one stream").hideHelp());
  addCapabilityOptions(evaluate, "evaluate");
  evaluate
    .option("--skip-bad", "leave out rows that cannot be read, and tell how many")
    .option("--threads <n>", "processor threads (default: as many as there are, at most 8)")
    .option("--json", "print one JSON line")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", EVAL_HELP)
    .action(async (model: string, files: string[], options: Record<string, unknown>) => {
      const { evalCommand } = await import("./commands/eval.js");
      outcome.exitCode = await evalCommand(model, files, options, terminal);
    });
}

function addSample(program: Command, terminal: Terminal, outcome: Outcome): void {
  const sample = command(program, "sample")
    .description("Write text with a model, character by character as it is drawn.")
    .usage("MODEL [options]")
    .argument("<MODEL>", "a run folder (its best checkpoint) or a checkpoint");
  addCapabilityOptions(sample, "generate");
  sample
    .option("--threads <n>", "processor threads (default: 1, enough for one step at a time)")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", SAMPLE_HELP)
    .action(async (model: string, options: Record<string, unknown>) => {
      const { sampleCommand } = await import("./commands/sample.js");
      outcome.exitCode = await sampleCommand(model, options, terminal);
    });
}

function addInspect(program: Command, terminal: Terminal, outcome: Outcome): void {
  const inspect = command(program, "inspect")
    .description(
      "Look inside a model: its layers, and on what it reads what decided, its gates and gradients through time.",
    )
    .usage("MODEL [FILE] [options]")
    .argument("<MODEL>", "a run folder (its best checkpoint) or a checkpoint")
    .argument("[FILE]", "what the model reads, such as it was trained on (default: none, only the layers)")
    .option("--text <text>", "read this in place of a FILE");
  addCapabilityOptions(inspect, "inspect");
  inspect
    .option("--html <file>", "write a report with pictures: one file that any browser opens")
    .option("--svg <file>", "write the pictures alone")
    .option("--threads <n>", "processor threads (default: 1)")
    .option("--json", "print one JSON line")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", INSPECT_HELP)
    .action(async (model: string, file: string | undefined, options: Record<string, unknown>) => {
      const { inspectCommand } = await import("./commands/inspect.js");
      outcome.exitCode = await inspectCommand(model, file, options, terminal);
    });
}

function addPredict(program: Command, terminal: Terminal, outcome: Outcome): void {
  const predict = command(program, "predict")
    .description("Tell what a model makes of rows: a line a row, in their order.")
    .usage("MODEL [FILE] [options]")
    .argument("<MODEL>", "a run folder (its best checkpoint) or a checkpoint")
    .argument("[FILE]", "rows such as the model was trained on, or a text a line; - for standard input")
    .option("--text <text>", "read this one text in place of a FILE");
  addCapabilityOptions(predict, "predict");
  predict
    .option("--out-format <name>", "table, csv (with the columns of FILE) or json (a line a row) (default: table)")
    .option("--skip-bad", "go on after a row that cannot be read: why stands in its place, and on standard error")
    .option("--csv-safe", "mark cells that begin with =, +, - or @ as text for spreadsheets")
    .option("--threads <n>", "processor threads (default: 1)")
    .option("--json", "as --out-format json")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", PREDICT_HELP)
    .action(async (model: string, file: string | undefined, options: Record<string, unknown>) => {
      const { predictCommand } = await import("./commands/predict.js");
      outcome.exitCode = await predictCommand(model, file, options, terminal);
    });
}

function addServe(program: Command, terminal: Terminal, outcome: Outcome): void {
  const serve = command(program, "serve")
    .description("Answer requests about models over HTTP, until Ctrl-C or SIGTERM.")
    .usage("MODEL... [options]")
    .argument("<MODEL...>", "run folders or checkpoints; NAME=MODEL for another name than the file's")
    .option("--port <n>", "the port; 0 for any that is free (default: 8080)")
    .option("--host <address>", "the address; another than this machine's own needs --token (default: 127.0.0.1)")
    .option("--token <text>", "requests must carry it: Authorization: Bearer ...")
    .option("--insecure", "anybody who reaches the server may ask")
    .option("--hosts <names>", "names under which it may be asked, beside localhost and addresses: a.example,b.example")
    .option("--origins <list>", "origins of other sites' pages that may ask: https://a.example")
    .option("--watch", "read a model anew when its file changes; no request is lost")
    .option("--threads <n>", "processor threads (default: 1)");
  addFieldOptions(serve, LIMIT_FIELDS);
  serve
    .option("--json", "print only JSON lines on standard output")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", SERVE_HELP)
    .action(async (models: string[], options: Record<string, unknown>) => {
      outcome.tells = true;
      const { serveCommand } = await import("./commands/serve.js");
      outcome.exitCode = await serveCommand(models, options, terminal);
    });
}

function addImport(program: Command, terminal: Terminal, outcome: Outcome): void {
  const able = TASKS.filter(({ adopts }) => adopts !== undefined).map(({ name }) => name);
  command(program, "import")
    .description("Tell what is in a model that another program wrote, and make a run of it.")
    .usage("FILE [options]")
    .argument(
      "<FILE>",
      "safetensors, PyTorch (.pt, .pth, .bin), NumPy (.npz, .npy), ONNX, Keras (.keras, .h5) or TensorFlow.js (model.json)",
    )
    .option("--as <name>", "the run goes to runs/ and this name, or to this path (default: the name of FILE)")
    .option("--vocab <file>", "its tokens: a JSON list, a JSON object of tokens to ids, or a text with one a line")
    .option("--labels <file>", "what its outputs are, in the same forms (default: the tokens)")
    .option("--task <name>", `what it does: ${able.join(", ")} (default: by what its outputs are)`)
    .addOption(new Option("--tokens <kind>", "what its tokens are (default: by their look)").choices(TOKEN_KINDS))
    .option("--weights <file>", "write its arrays as safetensors, and make no run")
    .option("--json", "print one JSON line")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", IMPORT_HELP)
    .action(async (file: string, options: Record<string, unknown>) => {
      const { importCommand } = await import("./commands/import.js");
      outcome.exitCode = await importCommand(file, options, terminal);
    });
}

const TOKEN_KINDS = ["char", "word", "byte"];

function addExport(program: Command, terminal: Terminal, outcome: Outcome): void {
  command(program, "export")
    .description("Write a model for another toolkit.")
    .usage("MODEL --to NAME [options]")
    .argument("<MODEL>", "a run folder (its best checkpoint) or a checkpoint")
    .option("--to <name>", `what to write: ${TARGETS.map(({ name }) => name).join(", ")}`)
    .option("--out <folder>", "the folder that the files go to (default: the run's, and the name after --to)")
    .option("--half", "weights in 16 bits")
    .option("--int8", "matrices in 8 bits, with a scale for each row")
    .option("--force", "write over files that are there already")
    .option("--json", "print one JSON line")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", EXPORT_HELP)
    .action(async (model: string, options: Record<string, unknown>) => {
      const { exportCommand } = await import("./commands/export.js");
      outcome.exitCode = await exportCommand(model, options, terminal);
    });
}

function addRuns(program: Command, terminal: Terminal, outcome: Outcome): void {
  command(program, "runs")
    .description("List runs: how far they came, what their best was, and in which settings they differ.")
    .usage("[FOLDER...] [options]")
    .argument("[FOLDER...]", "run folders, or folders in which they lie (default: runs)")
    .option("--json", "print a JSON line a run")
    .option("--debug", "show where in the program an error came from")
    .action(async (folders: string[], options: Record<string, unknown>) => {
      const { runsCommand } = await import("./commands/runs.js");
      outcome.exitCode = await runsCommand(folders.length > 0 ? folders : ["runs"], options, terminal);
    });
}

function addPlot(program: Command, terminal: Terminal, outcome: Outcome): void {
  command(program, "plot")
    .description("Draw how a run went, or several beside each other.")
    .usage("RUN... [options]")
    .argument("<RUN...>", "run folders, or folders in which they lie")
    .option("--metric <name>", "the figure to draw (default: the one that chooses the best)")
    .option("--svg <file>", "write a picture as well")
    .option("--debug", "show where in the program an error came from")
    .addHelpText("after", PLOT_HELP)
    .action(async (folders: string[], options: Record<string, unknown>) => {
      const { plotCommand } = await import("./commands/plot.js");
      outcome.exitCode = await plotCommand(folders, options, terminal);
    });
}

function addStudio(program: Command, terminal: Terminal, outcome: Outcome): void {
  command(program, "studio")
    .description("Train and look inside models in a page of this machine, without a line of code.")
    .usage("[RUN...] [options]")
    .argument("[RUN...]", "run folders to show, or folders in which they lie (default: runs)")
    .option("--port <n>", "where it is served; 0: any port that is free (default: 8642)")
    .option("--debug", "show where in the program an error came from")
    .action(async (folders: string[], options: Record<string, unknown>) => {
      outcome.tells = true;
      const { studioCommand } = await import("./studio/command.js");
      outcome.exitCode = await studioCommand(folders, options, terminal);
    });
}

function command(program: Command, name: string): Command {
  return program.command(name).helpOption("-h, --help", "show this help").showSuggestionAfterError(false);
}

const PROGRAM_HELP = `
Start here:
  unrolled train corpus.txt          learn to write like it; goes to runs/corpus
  unrolled sample runs/corpus        read what it writes
  unrolled eval runs/corpus new.txt  measure it on another text
  unrolled inspect runs/corpus       see what it is made of, and what it does
  unrolled studio runs               train and look inside, in a page

Each command explains itself: unrolled train --help`;

const TRAIN_HELP = `
The run folder holds config.json (every setting), metrics.jsonl (one line a
report), last.safetensors and best.safetensors. Ctrl-C saves and stops;
--resume goes on from there. A second Ctrl-C stops at once.

--search takes lists (cell=lstm,gru) and ranges (lr=0.001..0.1) of any setting.
A range is drawn by factors where it is positive and its ends are more than a
factor of 10 apart, else by differences. Each trial is a run folder of its own
in runs/NAME-search; the best on what is held out is told at the end. halving
trains all for few epochs, and the better half for twice as many each time.

Examples:
  unrolled train corpus.txt
  unrolled train corpus.txt --cell gru --hidden 256 --dropout 0.2 --out runs/gru
  unrolled train corpus.txt --out runs/gru --resume --epochs 40
  unrolled train more.txt --from runs/corpus --out runs/more
  unrolled train corpus.txt --preset awd-lstm --hidden 400 --embed 200
  unrolled train reviews.csv --search "hidden=32,64 lr=0.001..0.1" --trials 10
  unrolled train reviews.csv --folds 5
  cat corpus.txt.gz | unrolled train - --out runs/corpus`;

const EVAL_HELP = `
Examples:
  unrolled eval runs/corpus new.txt
  unrolled eval runs/corpus new.txt more.txt --unknown skip`;

const SAMPLE_HELP = `
Example:
  unrolled sample runs/corpus --prompt "Once upon a time" --temperature 0.8`;

const PREDICT_HELP = `
Examples:
  unrolled predict runs/reviews new.csv
  unrolled predict runs/reviews new.csv --out-format csv --skip-bad > told.csv
  unrolled predict runs/reviews --text "I would buy it again"`;

const SERVE_HELP = `
A page at / tries the models; /openapi.json tells what can be asked.

Examples:
  unrolled serve runs/reviews
  unrolled serve reviews=runs/reviews/best.safetensors runs/corpus --watch
  unrolled serve runs/reviews --host 0.0.0.0 --token "$TOKEN"`;

/** A task whose outputs are labels. */
const LABELLED = TASKS.find(({ adopts }) => adopts?.tells === "labels")?.name;

const IMPORT_HELP = `
Nothing in a file is ever run: of a pickle only tensors, texts and numbers are
read, and what it asks for besides is named and refused.

Examples:
  unrolled import model.pt --vocab vocab.json
  unrolled import model.pt --vocab words.txt --labels labels.txt --task ${LABELLED}
  unrolled import model.npz --weights model.safetensors`;

const EXPORT_HELP = `
${TARGETS.map(({ name, writes }) => `  ${name.padEnd(12)} ${writes}`).join("\n")}

Examples:
  unrolled export runs/corpus --to pytorch
  unrolled export runs/reviews --to pytorch --half --out reviews-pytorch`;

const PLOT_HELP = `
Examples:
  unrolled plot runs/corpus
  unrolled plot runs/lstm runs/gru --metric loss --svg curves.svg`;

const INSPECT_HELP = `
Of a text that a model goes on writing, the gradient of the last prediction
tells how far back it still learns from what it read: its memory horizon. Of
rows, which characters, words or steps decided (gradient times input).

Examples:
  unrolled inspect runs/corpus
  unrolled inspect runs/corpus new.txt --html inside.html
  unrolled inspect runs/corpus --text "To be, or not to be" --svg units.svg
  unrolled inspect runs/reviews new.csv --row 7 --rows 1`;
