import { useEffect, useState } from "preact/hooks";
import { useApp } from "../ui/app-context.js";
import { Empty } from "./empty.js";
import "./look.css";
import { LookBench } from "./look-bench.js";
import { ModelDrop } from "./model-drop.js";
import { useModels } from "./use-models.js";

export default function LookView() {
  const held = useModels();
  const { store } = useApp();
  const [key, setKey] = useState<string | null>(store.state.at["model"] ?? null);
  useEffect(() => {
    const isOpen = held.models.some((one) => one.key === key);
    if (!isOpen && held.models.length > 0) setKey(held.models[0].key);
  }, [held.models]);
  const about = held.models.find((one) => one.key === key) ?? null;
  return (
    <ModelDrop onFiles={async (files) => setKey((await held.open(files)) ?? key)}>
      {about === null ? (
        <Empty {...held} onOpen={setKey} />
      ) : (
        <LookBench key={about.key} model={about} held={held} onModel={setKey} />
      )}
    </ModelDrop>
  );
}
