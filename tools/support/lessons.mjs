// The lessons' pages quote code, what it prints and what it draws. Here: finding the quotations, and making them anew.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const LESSONS = "docs/lessons";

/**
 * What a module of docs/lessons/code exports: functions that print, and functions that draw a file of figures/.
 * @typedef {{ outputs: Record<string, () => void>, figures: Record<string, () => string> }} Lesson
 */

/** The modules of the lessons, in order: "code/01-recurrence.ts", ... */
export function lessonFiles(root) {
  const files = readdirSync(join(root, LESSONS, "code")).filter((name) => /^\d\d-.*\.ts$/.test(name));
  return files.sort().map((name) => `code/${name}`);
}

/**
 * Every picture of a lesson in every language: `["figures/ko/01-memory.svg", draw]`.
 * @param {Lesson} lesson
 * @param {{ FOLDERS: Record<string, string>, inLanguage(language: string, draw: () => string): string }} languages  code/support/words.ts
 * @returns {[path: string, draw: () => string][]}
 */
export function drawings({ figures }, { FOLDERS, inLanguage }) {
  return Object.entries(FOLDERS).flatMap(([language, folder]) =>
    Object.entries(figures).map(([name, draw]) => [`${folder}/${name}`, () => inLanguage(language, draw)]),
  );
}

/** All pages in all languages, relative to docs/lessons: "01-recurrence.md", "ko/01-recurrence.md", ... */
export function pageFiles(root) {
  const names = readdirSync(join(root, LESSONS), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".md")).sort();
}

const FENCE = /^```(\w+) file=(\S+) (region|output)=(\S+)\n([\s\S]*?)^```$/gm;

/** @returns {{ file: string, kind: "region" | "output", name: string }[]} */
export function quotationsOf(page) {
  return [...page.matchAll(FENCE)].map(([, , file, kind, name]) => ({ file, kind, name }));
}

/**
 * The page with every quotation as it should be.
 * @param {string} page
 * @param {(quotation: { file: string, kind: string, name: string }, old: string) => string} quote
 */
export function requote(page, quote) {
  return page.replace(FENCE, (_, language, file, kind, name, old) => {
    const body = quote({ file, kind, name }, old.replace(/\n$/, ""));
    return `\`\`\`${language} file=${file} ${kind}=${name}\n${body}\n\`\`\``;
  });
}

/** The lines between `// #region name` and `// #endregion`, moved to the left margin. */
export function regionOf(source, name) {
  const lines = source.split("\n");
  const start = lines.findIndex((line) => line.trim() === `// #region ${name}`);
  const end = lines.findIndex((line, i) => i > start && line.trim() === "// #endregion");
  if (start < 0 || end < 0)
    throw new Error(`region ${name} must stand between its marks in the file, got none. See \`// #region\` there.`);
  const inside = lines.slice(start + 1, end);
  const indents = inside.filter((line) => line !== "").map((line) => line.search(/\S/));
  const margin = Math.min(...indents);
  return inside.map((line) => line.slice(margin)).join("\n");
}

/** What a function prints with console.log, without the last line end. */
export function printed(action) {
  const lines = [];
  const { log } = console;
  console.log = (...values) => lines.push(values.join(" "));
  try {
    action();
  } finally {
    console.log = log;
  }
  // Editors strip blanks at line ends, and so would a page lose them.
  return lines.join("\n").replace(/[ \t]+$/gm, "");
}

/**
 * Quotes from sources and from lessons; each function runs once, however many pages quote it.
 * @param {string} root
 * @param {Map<string, Lesson>} lessons by file
 */
export function quoter(root, lessons) {
  const known = new Map();
  return ({ file, kind, name }) => {
    const key = `${file} ${kind} ${name}`;
    if (!known.has(key)) known.set(key, kind === "region" ? region(root, file, name) : output(lessons, file, name));
    return known.get(key);
  };
}

function region(root, file, name) {
  const path = join(root, LESSONS, file);
  if (!existsSync(path)) throw new Error(`${file} must be a file of ${LESSONS}, got no such file`);
  return regionOf(readFileSync(path, "utf8"), name);
}

function output(lessons, file, name) {
  const action = lessons.get(file)?.outputs[name];
  if (!action) throw new Error(`output ${name} must be one of the outputs of ${file}, got no such function`);
  return printed(action);
}
