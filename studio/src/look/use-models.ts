import { useEffect, useState } from "preact/hooks";
import { useApp } from "../ui/app-context.js";
import { harmless } from "../ui/text.js";
import type { NamedBytes } from "../worker/look.js";
import { WorkerError } from "../worker/rpc.js";
import type { OpenModel } from "./look-model.js";

export interface Models {
  models: readonly OpenModel[];
  /** What went wrong last, to be shown. */
  problem: string | null;
  /** A model and what lies beside it. @returns its name; null where it could not be read */
  open(files: readonly NamedBytes[]): Promise<string | null>;
  /** Trains one of data. */
  train(key: string, file: NamedBytes, settings: Readonly<Record<string, unknown>>): Promise<string | null>;
  progress: { step: number; totalSteps: number } | null;
  /** What a model that was trained here may read: of a table its end. */
  texts: Readonly<Record<string, string>>;
  /** What such a model learned from, where that is a text: other places are found in it. */
  corpora: Readonly<Record<string, string>>;
}

/** The head of a table and its last rows. */
function endOf({ name, bytes }: NamedBytes): string | null {
  if (!/\.(csv|tsv)$/i.test(name)) return null;
  const lines = new TextDecoder().decode(bytes).trim().split("\n");
  return [lines[0], ...lines.slice(-90)].join("\n");
}

/** What of files is a model: all that say so, else the largest of those that are dropped together; the others lie beside it. */
function modelsAmong(files: readonly NamedBytes[]): NamedBytes[] {
  const named = files.filter(({ name }) => /\.(safetensors|onnx|pt|pth|keras|h5)$/i.test(name));
  if (named.length > 1) return named;
  const others = files.filter(({ name }) => !/\.(txt|json|tsv|csv|vocab)$/i.test(name));
  return others.sort((a, b) => b.bytes.length - a.bytes.length).slice(0, 1);
}

/** The models that are open, in the worker and here. */
export function useModels(): Models {
  const { worker, strings } = useApp();
  const [models, setModels] = useState<readonly OpenModel[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [progress, setProgress] = useState<Models["progress"]>(null);
  const [texts, setTexts] = useState<Models["texts"]>({});
  const [corpora, setCorpora] = useState<Models["corpora"]>({});
  const list = async () => setModels(await worker.ask("look.models", null));
  useEffect(() => {
    void list();
    return worker.on("look.progress", setProgress);
  }, [worker]);
  const attempt = async (act: () => Promise<string>): Promise<string | null> => {
    setProblem(null);
    try {
      const key = await act();
      await list();
      return key;
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      return null;
    } finally {
      setProgress(null);
    }
  };
  return {
    ...{ models, problem, progress, texts, corpora },
    open: (files) =>
      attempt(async () => {
        const models = modelsAmong(files);
        if (models.length === 0) throw new Error(strings.look.noModel(harmless(files[0]?.name ?? "")));
        const others = files.filter((file) => !models.includes(file));
        for (const { name, bytes } of models) {
          await worker.ask("look.open", { key: name, bytes, others }).catch((error: unknown) => {
            // No package can be installed into a page.
            const isHdf5 = error instanceof WorkerError && error.data.code === "missing-package";
            throw isHdf5 ? new Error(strings.look.hdf5(harmless(name))) : error;
          });
        }
        return models[0].name;
      }),
    train: (key, file, settings) =>
      attempt(async () => {
        setProgress({ step: 0, totalSteps: 0 });
        const { task } = await worker.ask("look.train", { key, ...file, settings });
        const end = ["forecast", "anomaly"].includes(task) ? endOf(file) : null;
        if (end !== null) setTexts((before) => ({ ...before, [key]: end }));
        if (task === "language-model")
          setCorpora((before) => ({ ...before, [key]: new TextDecoder().decode(file.bytes) }));
        return key;
      }),
  };
}
