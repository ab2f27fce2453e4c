import { useState } from "preact/hooks";
import { useApp, useLive, useStudio } from "../ui/app-context.js";
import { saveFile } from "../ui/save-file.js";
import { programOf } from "./program.js";

/** What one takes along: the model, and the experiment as a program. */
export function ExportMenu() {
  const { trainer, strings } = useApp();
  const { exports } = strings;
  const about = useLive((live) => live.about);
  const file = useLive((live) => live.file);
  const hasModel = useLive((live) => live.phase !== null);
  const step = useStudio((state) => state.step);
  const settings = useStudio((state) => state.settings);
  const data = useStudio((state) => state.data);
  const [copied, setCopied] = useState(false);
  if (about === null || file === null) return null;
  const stem = file.replace(/\.\w+$/, "");
  const program = () => programOf({ file, task: about.task, settings, config: about.config, data });
  const saveModel = async () => {
    const bytes = await trainer.model(step);
    if (bytes !== undefined) saveFile(`${stem}.safetensors`, bytes as BlobPart, "application/octet-stream");
  };
  return (
    <details class="menu">
      <summary class="button">{exports.title}</summary>
      <div class="menu-items">
        <button type="button" disabled={!hasModel} onClick={() => void saveModel()}>
          {exports.model}
        </button>
        <button type="button" onClick={() => saveFile(`${stem}.ts`, program(), "text/typescript")}>
          {exports.code}
        </button>
        <button
          type="button"
          onClick={() => {
            void navigator.clipboard.writeText(location.href).then(() => setCopied(true));
          }}
        >
          {copied ? exports.copied : exports.link}
        </button>
      </div>
    </details>
  );
}
