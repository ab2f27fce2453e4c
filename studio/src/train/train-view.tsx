import { useEffect, useState } from "preact/hooks";
import { useApp } from "../ui/app-context.js";
import type { Answered } from "../worker/protocol.js";

export default function TrainView() {
  const { worker } = useApp();
  const [begun, setBegun] = useState<Answered<"train.begin"> | null>(null);
  useEffect(() => void worker.ask("train.begin", null).then(setBegun), [worker]);
  return <p class="engine">{begun && `${begun.engine.name} ${begun.engine.variant}, ${begun.tasks.length} tasks`}</p>;
}
