import type { TargetedKeyboardEvent } from "preact";
import { useState } from "preact/hooks";
import { toQuery } from "../state/url.js";
import { useApp, useLive, useStudio } from "../ui/app-context.js";
import { saveFile } from "../ui/save-file.js";
import { fileStem, programOf } from "./program.js";

/** What one takes along: the model, and the experiment as a program. */
export function ExportMenu() {
  const { store, trainer, strings } = useApp();
  const { exports } = strings;
  const about = useLive((live) => live.about);
  const file = useLive((live) => live.file);
  const hasModel = useLive((live) => live.phase !== null);
  const all = useLive((live) => live.begun?.targets) ?? [];
  // The first entry is that already, with all that goes on from it.
  const targets = all.filter(({ name }) => name !== "safetensors");
  const step = useStudio((state) => state.step);
  // Its place is kept until there is something to take along: nothing jumps.
  if (about === null || file === null) {
    return (
      <button type="button" disabled>
        {exports.title}
      </button>
    );
  }
  const stem = fileStem(file);
  const program = () => {
    const { begun, changedAt } = trainer.live;
    const { settings, data } = store.state;
    const engine = begun?.engine.name ?? "wasm";
    return programOf({ file, task: about.task, settings, config: about.config, data, changedAt, engine });
  };
  const saveFor = async (to: string) => {
    const written = await trainer.export(to, fileStem(file, /[^\w.-]+/g));
    if (written !== undefined) saveFile(written.name, written.bytes as BlobPart, "application/octet-stream");
  };
  const saveModel = async () => {
    const bytes = await trainer.model(step);
    if (bytes !== undefined) saveFile(`${stem}.safetensors`, bytes as BlobPart, "application/octet-stream");
  };
  return (
    <details class="menu" onKeyDown={closeOnEscape}>
      <summary class="button">{exports.title}</summary>
      <div class="menu-items">
        <button type="button" disabled={!hasModel} onClick={() => void saveModel()}>
          {exports.model}
        </button>
        <button type="button" onClick={() => saveFile(`train-${stem}.ts`, program(), "text/typescript")}>
          {exports.code}
        </button>
        {targets.map(({ name, title }) => (
          <button key={name} type="button" disabled={!hasModel} onClick={() => void saveFor(name)}>
            {exports.forToolkit(title)}
          </button>
        ))}
        <CopyLink />
      </div>
    </details>
  );
}

/** A run is kept in this browser alone: who follows the link trains the experiment anew. */
function CopyLink() {
  const { store, strings } = useApp();
  const [copied, setCopied] = useState(false);
  const link = () => new URL(toQuery({ ...store.state, run: null, step: null }) || "?", location.href).href;
  return (
    <button type="button" onClick={() => void navigator.clipboard.writeText(link()).then(() => setCopied(true))}>
      {copied ? strings.exports.copied : strings.exports.link}
    </button>
  );
}

function closeOnEscape(event: TargetedKeyboardEvent<HTMLDetailsElement>): void {
  if (event.key !== "Escape") return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary")?.focus();
}
