import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "../ui/app-context.js";
import { droppedBy } from "../ui/dropped.js";
import type { NamedBytes } from "../worker/look.js";

type OnFiles = (files: readonly NamedBytes[]) => void;

export async function readFiles(files: Iterable<File>): Promise<NamedBytes[]> {
  const read = async (file: File) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  return Promise.all(Array.from(files, read));
}

/** A part of the page that takes models dropped anywhere on it. */
export function ModelDrop({ onFiles, children }: { onFiles: OnFiles; children: ComponentChildren }) {
  const { strings } = useApp();
  const [isOver, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a file can be chosen by a button too
    <div
      class={`look-drop ${isOver ? "is-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={async (event) => {
        event.preventDefault();
        setOver(false);
        // Of a folder nothing is read: what is missing is told as a file that is none.
        onFiles(await readFiles(droppedBy(event.dataTransfer).files));
      }}
    >
      {children}
      {isOver && <p class="look-drop-here">{strings.look.dropHere}</p>}
    </div>
  );
}

/** A button for it: by the keyboard, and where nothing can be dropped. */
export function OpenButton({ onFiles }: { onFiles: OnFiles }) {
  const { strings } = useApp();
  return (
    <label class="look-open">
      {strings.look.open}
      <input
        type="file"
        multiple
        onChange={async (event) => {
          const input = event.currentTarget;
          onFiles(await readFiles(input.files ?? []));
          input.value = "";
        }}
      />
    </label>
  );
}
