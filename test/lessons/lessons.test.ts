import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { FOLDERS, inLanguage, KOREAN } from "../../docs/lessons/code/support/words.js";
import {
  drawings,
  LESSONS,
  type Lesson,
  lessonFiles,
  pageFiles,
  printed,
  quotationsOf,
  quoter,
  regionOf,
  requote,
} from "../../tools/support/lessons.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, LESSONS);
const files = lessonFiles(root);
const pages = pageFiles(root);
const readPage = (page: string): string => readFileSync(join(folder, page), "utf8");
const lessons = new Map<string, Lesson>();
const quote = quoter(root, lessons);

beforeAll(async () => {
  for (const file of files) lessons.set(file, (await import(join(folder, file))) as Lesson);
}, 60_000);

describe("the lessons are what their code does now (npm run lessons writes them anew)", () => {
  test("there are nine, each with a page of its own, and an index that links them all", () => {
    expect(files).toHaveLength(9);
    const own = files.map((file) => file.replace(/^code\/(.*)\.ts$/, "$1.md"));
    expect(pages.filter((page) => !page.includes("/"))).toEqual([...own, "README.md"]);
    for (const page of own) expect(readPage("README.md")).toContain(`(${page})`);
  });

  test.each(files)("%s: what each page quotes of it, in every language, is its code and what it prints", (file) => {
    const quoted = pages.filter((page) => quotationsOf(readPage(page)).some((quotation) => quotation.file === file));
    expect(quoted).not.toHaveLength(0);
    for (const page of quoted) {
      const text = readPage(page);
      const now = requote(text, (quotation, body) => (quotation.file === file ? quote(quotation) : body));
      expect(text, page).toBe(now);
    }
  });

  test.each(files)("%s: its pictures are drawn as they are committed, each under 60 kB", (file) => {
    const pictures = drawings(lessons.get(file)!, { FOLDERS, inLanguage });
    expect(pictures).not.toHaveLength(0);
    for (const [name, draw] of pictures) {
      const path = join(folder, name);
      expect(readFileSync(path, "utf8") === draw(), name).toBe(true);
      expect(statSync(path).size, name).toBeLessThan(60_000);
    }
  });
});

describe("nothing is left over", () => {
  test.each(files)("%s: its page quotes all of its regions and outputs and shows all of its pictures", (file) => {
    const page = readPage(file.replace(/^code\/(.*)\.ts$/, "$1.md"));
    const { outputs, figures } = lessons.get(file)!;
    const source = readFileSync(join(folder, file), "utf8");
    const regions = [...source.matchAll(/\/\/ #region (\S+)/g)].map(([, name]) => `region ${name}`);
    // An example that a page quotes as well stands by itself.
    const own = quotationsOf(page).filter((quotation) => quotation.file.startsWith("code/"));
    const quoted = own.map(({ kind, name }) => `${kind} ${name}`);
    expect(quoted.sort()).toEqual([...regions, ...Object.keys(outputs).map((name) => `output ${name}`)].sort());
    for (const name of Object.keys(figures)) expect(page).toContain(`(figures/${name})`);
  });

  test.each(pages.filter((page) => page.includes("/")))(
    "%s: it is its English twin, quotation by quotation",
    (page) => {
      const [language, name] = page.split("/") as [string, string];
      const [text, english] = [readPage(page), readPage(name)];
      expect(quotationsOf(text)).toEqual(quotationsOf(english));
      expect(text.match(/(?<=figures\/ko\/)[\w.-]+\.svg/g)).toEqual(english.match(/(?<=figures\/)[\w.-]+\.svg/g));
      for (const parts of [/^#+ /gm, /<details>/g, /^\|/gm]) {
        expect(text.match(parts), String(parts)).toEqual(english.match(parts));
      }
      expect(text).toContain(`[English](../${name})`);
      expect(english).toContain(`(${language}/${name})`);
    },
  );

  test("every page has a twin in Korean", () => {
    const english = pages.filter((page) => !page.includes("/"));
    expect(pages.filter((page) => page.startsWith("ko/"))).toEqual(english.map((page) => `ko/${page}`));
  });

  test("every picture of the folder belongs to a lesson", () => {
    const drawn = [...lessons.values()].flatMap((lesson) => drawings(lesson, { FOLDERS, inLanguage }));
    const there = readdirSync(join(folder, "figures"), { recursive: true, encoding: "utf8" });
    const files = there.filter((name) => name.endsWith(".svg")).map((name) => `figures/${name}`);
    expect(files.sort()).toEqual(drawn.map(([path]) => path).sort());
  });

  test.each(pages)("%s: its links and pictures exist, and a picture says what it shows", (page) => {
    for (const [, mark, text, target] of readPage(page).matchAll(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const path = normalize(join(folder, dirname(page), target!.replace(/#.*/, "")));
      expect(existsSync(path), `${page} to ${target}`).toBe(true);
      if (mark === "!") expect(text!.length, target).toBeGreaterThan(20);
    }
  });
});

describe("the pictures in Korean", () => {
  /** Names of numbers, cells and what is read, the same in every language. */
  const NAMES = /\b(BPTT|GRU|LSTM|RNN|b_f|d[ach]|dWh|d?wh|wx|tanh|the wha)(?![a-z])/g;
  const texts = (language: "en" | "ko") =>
    readdirSync(join(folder, FOLDERS[language]))
      .filter((name) => name.endsWith(".svg"))
      .flatMap((name) => [
        ...readFileSync(join(folder, FOLDERS[language], name), "utf8").matchAll(/<(?:text|title)[^>]*>([^<]*)</g),
      ])
      .map(([, text]) => text!);

  test("say no English word, and as much as the English ones", () => {
    const english = texts("ko").filter((text) => /[a-z]{2}/i.test(text.replace(NAMES, "")));
    expect(english).toEqual([]);
    expect(texts("en").filter((text) => /[가-힣]/.test(text))).toEqual([]);
    const numbers = (all: string[]) => all.flatMap((text) => text.match(/\d+(\.\d+)?/g) ?? []).sort();
    expect(numbers(texts("ko"))).toEqual(numbers(texts("en")));
  });

  test("use every word of the table", () => {
    const shape = (text: string) => text.replace(/-?\d+(\.\d+)?/g, "{}");
    const drawn = new Set(texts("ko").flatMap((text) => [text, shape(text)]));
    expect(Object.values(KOREAN).filter((korean) => !drawn.has(korean))).toEqual([]);
  });

  test("a language is spoken while its picture is drawn, and no longer, even when drawing fails", () => {
    expect(() => inLanguage("ko", () => expect.fail("never drawn"))).toThrow("never drawn");
    const draw = lessons.get("code/01-recurrence.ts")!.figures["01-memory.svg"]!;
    expect(draw()).toContain("state h");
    expect(inLanguage("ko", draw)).toContain("상태 h");
  });
});

describe("quotations", () => {
  test("a region is what stands between its marks, at the left margin", () => {
    const source = "a;\n  // #region one\n  if (a)\n    b();\n\n  // #endregion\nc;\n";
    expect(regionOf(source, "one")).toBe("if (a)\n  b();\n");
    expect(() => regionOf(source, "two")).toThrow("region two must stand between its marks in the file, got none");
  });

  test("requote puts the new text into its fence and touches nothing else", () => {
    const fence = "```ts file=code/01-a.ts region=one\nold\n```";
    const page = `before\n${fence}\nafter\n\`\`\`sh\nnpm test\n\`\`\`\n`;
    expect(requote(page, ({ file, kind, name }) => `${file} ${kind} ${name}`)).toBe(
      page.replace("old", "code/01-a.ts region one"),
    );
  });

  test("what is printed is caught, without blanks at line ends, and the console is given back", () => {
    const { log } = console;
    const print = (): void => {
      console.log("a ", 1);
      console.log("b  ");
    };
    expect(printed(print)).toBe("a  1\nb");
    expect(console.log).toBe(log);
  });
});
