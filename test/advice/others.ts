const BY_HAND = "test/cli/advice-by-hand.test.ts";
const FILES = "test/advice/files.test.ts";
const PAGE = "test/advice/without-files.test.ts";
const SEQUENCES = "test/tasks/classify/sequences.test.ts";
const RESUME = "test/advice/resume.test.ts";
const KERAS = "test/interchange/keras/bad-input.test.ts";

/** Advice that another test follows, by its text: the file of that test. */
export const FOLLOWED_ELSEWHERE: Readonly<Record<string, string>> = {
  "--out with another folder, or --resume to go on with that run": BY_HAND,
  "--out with another folder, or other permissions": BY_HAND,
  "--out with another path": BY_HAND,
  "--out with the folder of a run": BY_HAND,
  "Choose another folder, or wait until it ends.": BY_HAND,
  "Choose another folder. If that process has ended, wait … s: without a sign of life it then counts as gone.": BY_HAND,
  "a FILE after the model, or --text": BY_HAND,
  "a longer text": BY_HAND,
  "a text that is taken out of it": BY_HAND,
  "a text with the characters that the model was trained on": BY_HAND,
  "another checkpoint: each run folder has best.safetensors and last.safetensors": BY_HAND,
  "its text in place of it: ... | … | unrolled ...": BY_HAND,
  "fetching or packing it again": BY_HAND,
  "one file with all rows": BY_HAND,
  "saving it as plain text": BY_HAND,
  "saving it as plain text in UTF-8": BY_HAND,
  "the folder of a run that has been validated": BY_HAND,
  "the folder of a run, or one in which runs lie": BY_HAND,
  "the model of one of these": BY_HAND,
  "the name of a text": BY_HAND,
  "the name of a …": BY_HAND,
  "unpacking it, and naming the text in it": BY_HAND,
  "…, and …": BY_HAND,
  "Check its permissions and its folder's.": FILES,
  "Check the path.": FILES,
  "Check the spelling of the path.": FILES,
  "Choose another folder, or go on with that run.": FILES,
  "Choose another folder, or other permissions.": FILES,
  "Choose another folder.": FILES,
  "Choose another path.": FILES,
  "Choose the folder of a run, or start one here.": FILES,
  "Choose the folder of a run.": FILES,
  "Free some space or choose another folder.": FILES,
  "Mend it, or name the columns of numbers (columns).": SEQUENCES,
  "Name a file in it.": FILES,
  "Sort the rows by that column.": SEQUENCES,
  "Write a second row of it, leave the row out, or leave out split stratified.": "test/tasks/classify/labels.test.ts",
  "Leave these options out, or start a new run.": RESUME,
  "Name the run's last.safetensors.": RESUME,
  "Use the … that the run was started with, or start a new run.": RESUME,
  "Use the … that the run was started with.": RESUME,
  "a shell without a limit of its addresses (ulimit -v)": "test/cli/process.test.ts",
  "Pass await fetch(path), or a File that was chosen.": PAGE,
  "Fetch it, and pass { name, bytes }.": PAGE,
  "Use io.toBytes(model) and io.fromBytes(bytes, model).": PAGE,
  "Choose another name.": PAGE,
  'Write "models/first.safetensors", say.': PAGE,
  "Delete something.": PAGE,
  "freeing some space, or a file on another disk": "test/cli/process.test.ts",
  "It is truncated, or not HDF5.": KERAS,
  "It is truncated or damaged: copy or save it again.": KERAS,
  'Pass { h5wasm: await import("…") }.': KERAS,
  'npm install …; or pass { h5wasm: await import("…") }.': KERAS,
  "Start the program again.": KERAS,
  "A shard is truncated, or one is missing.": KERAS,
  "A shard is of another model.": KERAS,
  "Pass every file that the manifest names, under that name.": KERAS,
  "It is no model.json of TensorFlow.js, or only a topology.": KERAS,
  "Save it with model.save(path) of Keras.": KERAS,
  "Pass { layers: { NAME: ({ config, take }) => module } } for classes of your own, or use the arrays alone.": KERAS,
  "Build it of nn's modules, and load what toStateDict() gives; or save the whole model with model.save(path).": KERAS,
  "Call outputs(...inputs), which gives all of them.": "test/interchange/keras/training.test.ts",
  "Save it with model.save(path) of Keras; for a model.json of TensorFlow.js, call readTfjs.": KERAS,
  "Convert the Keras model again, with --output_format=tfjs_layers_model; or use the arrays alone.": KERAS,
  "Save the model and its weights together, from the same program.": KERAS,
  "It is damaged, or of another format.": KERAS,
  "The engine goes on with one thread; run this step again, or set UNROLLED_THREADS=1.":
    "test/engine/wasm/pool.test.ts",
};

/** Advice that no test can follow, by its text: why. */
export const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  "a machine with more memory": "there is one machine",
  "a smaller file": "it comes when a packed file does not fit into memory",
  "Compute what needs no gradient inside noGrad(() => ...), carry states on with detachState(), keep loss.item() rather than losses (unrolled.memory() counts what is alive), or use a smaller batch, sequence or model.":
    "it comes when 4 GiB are full",
  "Allow it in the page's Content-Security-Policy (script-src 'wasm-unsafe-eval'), move the work to a Worker, or configure({ engine: \"reference\" }).":
    "it needs a page that forbids WebAssembly",
  ". A Content-Security-Policy must allow it: worker-src blob:":
    "a warning: the browser's tests have pages of both sorts",
  "Use UNROLLED_ENGINE=reference.": "it needs a runtime without WebAssembly",
  'Use the variant "simd".': "it needs a runtime without 256-bit kernels, and the engine's own options",
  "Look for a quote that is not closed.": "it comes after 64 MiB",
  'npm install …; or pass { module: await import("…") }.': "it needs a package that is not installed",
  "It is not safetensors.": "it says what is wrong",
  "It is truncated, or not safetensors.": "it says what is wrong",
  "The file is truncated, or its header is wrong.": "it says what is wrong",
  "It was deleted, or this process stood still for so long that it was thought dead. Let the other one go on.":
    "there is nothing to do",
};
