// What stands beside each page of the site, and above all of them.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { titleOf } from "../support/markdown.mjs";
import { root } from "../support/process.mjs";
import { pagesOf } from "./pages.mjs";

/** The guides in the order in which they are read. A test holds that none is left out. */
export const GUIDES = {
  Start: ["install", "first-model", "your-own-data", "variable-lengths", "conveniences", "studio"],
  Tasks: ["tasks-classify", "tasks-tag", "tasks-seq2seq", "tasks-generate", "tasks-forecast", "tasks-anomaly"],
  Train: ["search", "does-not-learn", "reproducibility", "memory", "speed", "several-machines", "../engines"],
  Ship: ["saving-and-shipping", "export", "export-code", "serving", "../browser", "../runtimes", "reliability"],
  "Coming from": ["import", "from-pytorch", "from-keras", "onnx", "from-layers"],
  Develop: ["develop/add-a-cell", "develop/add-a-format", "develop/add-a-task"],
};

/** What a page is called beside it: its first heading, without the number that lessons have. */
const entries = pagesOf(root).map(([file, place]) => ({
  file,
  text: titleOf(readFileSync(join(root, file), "utf8")),
  link: `/${place.replace(/(index)?\.md$/, "")}`,
}));
/** The pages of a folder, its own first. */
const below = (folder) =>
  entries
    .filter(({ file }) => file.startsWith(folder) && !file.slice(folder.length).includes("/"))
    .sort((a, b) => Number(b.file.endsWith("/README.md")) - Number(a.file.endsWith("/README.md")));
const item = ({ text, link }) => ({ text, link });
const pageOf = (file) => item(entries.find((entry) => entry.file === file));

const guides = () =>
  Object.entries(GUIDES).map(([text, names]) => ({
    text,
    items: names.map((name) => pageOf(join("docs/guides", `${name}.md`))),
  }));

const lessons = (folder, text) => [{ text, items: below(folder).map(item) }];

const results = () => [
  {
    text: "Results",
    items: ["docs/results.md", "bench/README.md", "bench/results.md", "CHANGELOG.md"].map(pageOf),
  },
  { text: "Earlier builds", collapsed: true, items: below("bench/history/").map(item) },
];

const decisions = () => [{ text: "Decisions", items: below("docs/decisions/").map(item) }];

/** Written by TypeDoc, before VitePress reads its configuration. */
function reference() {
  const path = join(root, "build/docs/pages/reference/typedoc-sidebar.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}

export const english = () => ({
  nav: [
    { text: "Guides", link: "/guides/install", activeMatch: "^/guides/" },
    { text: "Reference", link: "/reference/", activeMatch: "^/reference/" },
    { text: "Lessons", link: "/lessons/", activeMatch: "^/lessons/" },
    { text: "Beyond", link: "/beyond" },
    { text: "Results", link: "/results/", activeMatch: "^/results/" },
    { text: "Decisions", link: "/decisions/", activeMatch: "^/decisions/" },
  ],
  outline: [2, 3],
  sidebar: {
    "/lessons/": lessons("docs/lessons/", "Lessons"),
    "/results/": results(),
    "/changelog": results(),
    "/decisions/": decisions(),
    "/reference/": reference(),
    "/": guides(),
  },
});

export const korean = () => ({
  nav: [
    { text: "처음", link: "/ko/" },
    { text: "강의", link: "/ko/lessons/", activeMatch: "^/ko/lessons/" },
    { text: "안내 (영어)", link: "/guides/install" },
    { text: "API (영어)", link: "/reference/" },
  ],
  outline: { level: [2, 3], label: "이 페이지에서" },
  docFooter: { prev: "이전", next: "다음" },
  darkModeSwitchLabel: "어두운 화면",
  lightModeSwitchTitle: "밝은 화면으로",
  darkModeSwitchTitle: "어두운 화면으로",
  sidebarMenuLabel: "차례",
  returnToTopLabel: "맨 위로",
  langMenuLabel: "언어",
  sidebar: {
    "/ko/": [{ text: "Unrolled", items: [{ text: "처음", link: "/ko/" }] }, ...lessons("docs/lessons/ko/", "강의")],
  },
});
