import { useEffect } from "preact/hooks";

/** What takes a key for itself. */
const OWN_KEYS = "input, select, textarea, button, summary, a, [tabindex], [contenteditable]";

/** Keys of the whole page, as long as nothing that is focused takes them. */
export function useKeys(keys: Readonly<Record<string, () => void>>, isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return;
    const listener = (event: KeyboardEvent) => {
      const { key, target, ctrlKey, altKey, metaKey, repeat } = event;
      if (ctrlKey || altKey || metaKey || repeat || !Object.hasOwn(keys, key)) return;
      if (target instanceof Element && target.closest(OWN_KEYS) !== null) return;
      event.preventDefault();
      keys[key]();
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  });
}
