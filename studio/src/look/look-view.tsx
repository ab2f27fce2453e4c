import { useEffect, useState } from "preact/hooks";
import { Empty } from "./empty.js";
import "./look.css";
import { LookBench } from "./look-bench.js";
import { ModelDrop } from "./model-drop.js";
import { useModels } from "./use-models.js";

export default function LookView() {
  const held = useModels();
  const [key, setKey] = useState<string | null>(null);
  useEffect(() => {
    if (key === null && held.models.length > 0) setKey(held.models[0].key);
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
