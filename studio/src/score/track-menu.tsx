import { useState } from "preact/hooks";
import { copyPng, copyRows, copySvg, type Picture } from "./copy.js";
import type { ScoreWords } from "./words.js";

/** What it is called, and what it does; it gives true where something was copied. */
export type MenuItem = readonly [name: string, act: () => unknown];

/** A picture as a file for elsewhere, or as its numbers. */
export function copyItems(
  words: ScoreWords,
  picture: () => Picture,
  rows: () => readonly (readonly (string | number)[])[],
): MenuItem[] {
  const copied = (act: () => Promise<void>) => async (): Promise<true> => {
    await act();
    return true;
  };
  return [
    [words.copySvg, copied(() => copySvg(picture()))],
    [words.copyPng, copied(() => copyPng(picture()))],
    [words.copyNumbers, copied(() => copyRows(rows()))],
  ];
}

/** Its items are made when it is opened: a page has many menus. */
export function TrackMenu({ name, items }: { name: string; items: () => readonly MenuItem[] }) {
  const [isOpen, setOpen] = useState(false);
  const [copied, setCopied] = useState(false);
  const run = async (act: MenuItem[1]) => {
    setOpen(false);
    if ((await act()) !== true) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  return (
    <details
      class="track-menu"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      onKeyDown={(event) => event.key === "Escape" && setOpen(false)}
    >
      <summary aria-label={name}>{copied ? "✓" : "⋯"}</summary>
      {isOpen && (
        <div class="menu">
          {items().map(([label, act]) => (
            <button key={label} type="button" onClick={() => void run(act)}>
              {label}
            </button>
          ))}
        </div>
      )}
    </details>
  );
}
