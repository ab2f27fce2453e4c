import { useEffect, useState } from "preact/hooks";
import { useApp } from "../ui/app-context.js";
import type { NamedBytes } from "../worker/look.js";
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
}

/** What of files is a model: the largest of those that are dropped together. */
function modelAmong(files: readonly NamedBytes[]): NamedBytes | undefined {
  const isText = /\.(txt|json|tsv|csv|vocab)$/i;
  const models = files.filter(({ name }) => !isText.test(name));
  return [...models].sort((a, b) => b.bytes.length - a.bytes.length)[0];
}

/** The models that are open, in the worker and here. */
export function useModels(): Models {
  const { worker } = useApp();
  const [models, setModels] = useState<readonly OpenModel[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [progress, setProgress] = useState<Models["progress"]>(null);
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
    ...{ models, problem, progress },
    open: (files) =>
      attempt(async () => {
        const model = modelAmong(files);
        if (model === undefined) throw new Error(`look: the file must be a model, got ${files[0]?.name ?? "nothing"}.`);
        const others = files.filter((file) => file !== model);
        await worker.ask("look.open", { key: model.name, bytes: model.bytes, others });
        return model.name;
      }),
    train: (key, file, settings) =>
      attempt(async () => {
        setProgress({ step: 0, totalSteps: 0 });
        await worker.ask("look.train", { key, ...file, settings });
        return key;
      }),
  };
}
