import { useEffect, useState } from "preact/hooks";

const wanted = (): boolean => {
  const { theme } = document.documentElement.dataset as { theme?: string };
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
};

/** Whether the page is dark now: by its own switch, else as the reader's system is. */
export function useDark(): boolean {
  const [dark, setDark] = useState(wanted);
  useEffect(() => {
    const tell = () => setDark(wanted());
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", tell);
    const observer = new MutationObserver(tell);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      media.removeEventListener("change", tell);
      observer.disconnect();
    };
  }, []);
  return dark;
}
