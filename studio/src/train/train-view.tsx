import { useLive, useStudio } from "../ui/app-context.js";
import { DropZone } from "../ui/drop-zone.js";
import { Lazy } from "../ui/lazy.js";
import { ChooseData } from "./choose-data.js";
import { Controls } from "./controls.js";
import { Curves } from "./curves.js";
import { DataSummary } from "./data-summary.js";
import { Problem } from "./problem.js";
import { Samples } from "./samples-view.js";
import { SettingsPanel } from "./settings-panel.js";
import { Timeline } from "./timeline.js";
import "./train.css";

export default function TrainView() {
  const isChosen = useStudio((state) => state.data !== null || state.run !== null);
  return <DropZone>{isChosen ? <Workbench /> : <ChooseData />}</DropZone>;
}

function Workbench() {
  const isRead = useLive((live) => live.about !== null);
  return (
    <div class="workbench">
      <Controls />
      <aside class="side">
        <DataSummary />
        {isRead && <SettingsPanel />}
      </aside>
      <div class="stage">
        <Problem />
        <Curves />
        <Timeline />
        <Samples />
        <Lazy load={() => import("./probe-score.js")} />
      </div>
    </div>
  );
}
