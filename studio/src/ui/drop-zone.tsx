import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "./app-context.js";
import { droppedBy } from "./dropped.js";

/** A part of the page that takes a file dropped anywhere on it. */
export function DropZone({ children }: { children: ComponentChildren }) {
  const { trainer, strings } = useApp();
  const [isOver, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a file can be chosen by a button too
    <div
      class="drop-zone"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const { files, hasFolder } = droppedBy(event.dataTransfer);
        const [file] = files;
        if (hasFolder) trainer.refuse(strings.choose.folder);
        else if (file === undefined) trainer.refuse(strings.choose.noFile);
        else if (files.length > 1) trainer.refuse(strings.choose.oneFile(files.length));
        else void trainer.drop(file);
      }}
    >
      {children}
      {isOver && <p class="drop-here">{strings.choose.dropHere}</p>}
    </div>
  );
}

/** A button for it: by the keyboard, and where nothing can be dropped. */
export function ChooseFile({ children }: { children: ComponentChildren }) {
  const { trainer } = useApp();
  return (
    <label class="button choose-file">
      {children}
      <input
        type="file"
        class="hidden-input"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) void trainer.drop(file);
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}
