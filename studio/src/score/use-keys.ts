import { type View, zoomed } from "./axis.js";

interface Keys {
  length: number;
  cursor: number | null;
  selected: { from: number; to: number } | null;
  view: View;
  move: (step: number) => void;
  look: (view: View) => void;
  select: (range: { from: number; to: number } | null) => void;
}

/** All that the pointer does, from the keyboard. */
export function useKeys({ length, cursor, selected, view, move, look, select }: Keys) {
  const at = cursor ?? Math.floor(view.from);
  const page = Math.max(1, Math.floor((view.to - view.from) / 2));
  const go = (to: number, extend: boolean) => {
    const step = Math.min(Math.max(to, 0), length - 1);
    if (extend) {
      const from =
        selected === null || at < selected.from || at >= selected.to
          ? at
          : at === selected.from
            ? selected.to - 1
            : selected.from;
      select({ from: Math.min(from, step), to: Math.max(from, step) + 1 });
    }
    move(step);
  };
  const acts: Readonly<Record<string, (extend: boolean) => void>> = {
    ArrowLeft: (extend) => go(at - 1, extend),
    ArrowRight: (extend) => go(at + 1, extend),
    ArrowDown: () => go(at - 1, false),
    ArrowUp: () => go(at + 1, false),
    PageUp: (extend) => go(at - page, extend),
    PageDown: (extend) => go(at + page, extend),
    Home: (extend) => go(0, extend),
    End: (extend) => go(length - 1, extend),
    "+": () => look(zoomed(view, at + 0.5, 1.5, length)),
    "=": () => look(zoomed(view, at + 0.5, 1.5, length)),
    "-": () => look(zoomed(view, at + 0.5, 1 / 1.5, length)),
    "0": () => look({ from: 0, to: length }),
    Enter: () => selected !== null && look(selected),
    Escape: () => select(null),
  };
  return {
    onKeyDown: (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const act = acts[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act(event.shiftKey);
    },
  };
}
