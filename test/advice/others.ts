const BY_HAND = "test/cli/advice-by-hand.test.ts";
const FILES = "test/advice/files.test.ts";
const PAGE = "test/advice/without-files.test.ts";
const SEQUENCES = "test/tasks/classify/sequences.test.ts";
const SEARCH = "test/cli/search.test.ts";
const SEARCH_FOLDER = "test/runs/search-folder.test.ts";
const IMPORT = "test/cli/import.test.ts";
const RESUME = "test/advice/resume.test.ts";

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
  "--out with another folder": SEARCH,
  "--out with another folder, or --resume to go on with that search": SEARCH,
  "other values, in another folder (--out)": SEARCH,
  "the file as it was, or a new search (--out with another folder)": SEARCH,
  "Choose another folder, or go on with it.": SEARCH_FOLDER,
  "Choose the folder of a search, or start one here.": SEARCH_FOLDER,
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
  "Leave label out.": "test/tasks/generate/generate.test.ts",
  "Read and write tokens of one kind, or leave … out.": "test/tasks/seq2seq/copying.test.ts",
  "Write for example ….": "test/tasks/generate/generate.test.ts",
  "Mend it, or name the columns of numbers (columns).": SEQUENCES,
  "Name a file in it.": FILES,
  "Sort the rows by that column.": SEQUENCES,
  "Write a second row of it, leave the row out, or leave out split stratified.": "test/tasks/classify/labels.test.ts",
  "Leave these options out, or start a new run.": RESUME,
  "Name the run's last.safetensors, or begin a new run with it (train --from).": RESUME,
  "Read its integers.": "test/interchange/torch-files.test.ts",
  "Use a … of the same kind, or train anew.": IMPORT,
  'Write them as a list in JSON, where a line break is "\\n".': IMPORT,
  "the name of a model's file": IMPORT,
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
  "Convert it before it is saved: x.real, x.dequantize(), x.to_dense().": "it needs PyTorch",
  "Save the weights alone: torch.save(model.state_dict(), path).": "it needs PyTorch",
  "Save it as numbers: numpy.save(path, x.astype(numpy.float32)).": "it needs NumPy",
  "Save it without compression: numpy.savez(...).": "it needs NumPy",
  "Save it without a password.": "it needs the program that wrote it",
  "Pack it anew with zip -0.": "it needs another program",
  "The file is damaged.": "it says what is wrong",
  "The file is truncated, or damaged.": "it says what is wrong",
  "It is not safetensors.": "it says what is wrong",
  "It is truncated, or not safetensors.": "it says what is wrong",
  "The file is truncated, or its header is wrong.": "it says what is wrong",
  "It was deleted, or this process stood still for so long that it was thought dead. Let the other one go on.":
    "there is nothing to do",
};
