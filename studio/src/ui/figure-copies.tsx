import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useApp } from "./app-context.js";
import { savePicture } from "./pictures.js";
import { standalone } from "./standalone-svg.js";

type Kind = "svg" | "png";

interface CopiesProps {
  title: string;
  save(kind: Kind): Promise<void>;
  /** Other forms that it can be had in. */
  children?: ComponentChildren;
}

/** A picture as a file. */
export function Copies({ title, save, children }: CopiesProps) {
  const { exports } = useApp().strings;
  return (
    <span class="copies">
      {(["svg", "png"] as const).map((kind) => (
        <button
          key={kind}
          type="button"
          class="quiet"
          aria-label={exports.picture(title, kind)}
          onClick={() => void save(kind)}
        >
          {kind.toUpperCase()}
        </button>
      ))}
      {children}
    </span>
  );
}

/** A drawing of the page that can be taken along as it is. */
export function Copied({ name, title, children }: { name: string; title: string; children: ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null);
  const save = async (kind: Kind) => {
    const svg = place.current?.querySelector("svg");
    if (svg) await savePicture(name, standalone(svg), kind);
  };
  return (
    <div class="copied">
      <div ref={place}>{children}</div>
      <Copies title={title} save={save} />
    </div>
  );
}
