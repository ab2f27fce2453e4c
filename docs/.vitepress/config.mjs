// The site of docs/: its pages are written by tools/docs/pages.mjs, its reference by TypeDoc.

import { english, korean } from "../../tools/docs/sidebar.mjs";
import { slugOf } from "../../tools/support/markdown.mjs";

export default {
  title: "Unrolled",
  description: "Recurrent neural networks for TypeScript: train, understand and ship RNN, LSTM and GRU models.",
  srcDir: "../build/docs/pages",
  outDir: "../build/docs/site",
  cacheDir: "../build/docs/cache",
  base: process.env.DOCS_BASE ?? "/",
  cleanUrls: false,
  // None of our own; without this line browsers ask for one.
  head: [["link", { rel: "icon", href: "data:," }]],
  metaChunk: true,
  lastUpdated: false,
  markdown: {
    // As GitHub has it, so that one address of a heading holds in both.
    anchor: { slugify: slugOf },
    theme: { light: "github-light", dark: "github-dark" },
    lineNumbers: false,
  },
  locales: {
    root: { label: "English", lang: "en", themeConfig: english() },
    ko: { label: "한국어", lang: "ko", themeConfig: korean() },
  },
  themeConfig: {
    // A page of the other language need not exist: the switch leads to its first page.
    i18nRouting: false,
    search: {
      provider: "local",
      options: {
        locales: {
          ko: {
            translations: {
              button: { buttonText: "찾기", buttonAriaLabel: "찾기" },
              modal: {
                noResultsText: "찾지 못한 말:",
                resetButtonTitle: "지우기",
                footer: { selectText: "열기", navigateText: "고르기", closeText: "닫기" },
              },
            },
          },
        },
      },
    },
  },
};
