import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { en, type Strings } from "../strings/en.js";
import { ko } from "../strings/ko.js";

const LANGUAGES: Readonly<Record<string, Strings>> = { en, ko };
const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** A choice that stays on this machine and is none of a link's business. */
function useKept<T extends string>(key: string, initial: T, known: (value: string) => value is T) {
  const [value, setValue] = useState<T>(() => {
    const kept = read(key);
    return kept !== null && known(kept) ? kept : initial;
  });
  const keep = (next: T) => {
    setValue(next);
    write(key, next);
  };
  return [value, keep] as const;
}

/** A page may have been refused its storage. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(`unrolled.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`unrolled.${key}`, value);
  } catch {
    // It holds until the page is closed.
  }
}

const isTheme = (value: string): value is Theme => (THEMES as readonly string[]).includes(value);
const isLanguage = (value: string): value is string => Object.hasOwn(LANGUAGES, value);

export function usePreferences(): { strings: Strings; bar: ComponentChildren } {
  const [theme, setTheme] = useKept("theme", "auto", isTheme);
  const spoken = navigator.language.slice(0, 2);
  const [language, setLanguage] = useKept("language", isLanguage(spoken) ? spoken : "en", isLanguage);
  const strings = LANGUAGES[language];
  useEffect(() => {
    const { documentElement } = document;
    documentElement.lang = language;
    if (theme === "auto") documentElement.removeAttribute("data-theme");
    else documentElement.dataset["theme"] = theme;
  }, [theme, language]);
  const other = language === "en" ? "ko" : "en";
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const told = `${strings.theme.label}: ${strings.theme[theme]}`;
  const bar = (
    <div class="preferences">
      <button type="button" class="quiet" lang={other} onClick={() => setLanguage(other)}>
        {LANGUAGES[other].language}
      </button>
      <button type="button" class="quiet" title={told} aria-label={told} onClick={() => setTheme(next)}>
        <span aria-hidden="true">{{ auto: "◐", light: "○", dark: "●" }[theme]}</span>
      </button>
    </div>
  );
  return { strings, bar };
}
