#!/usr/bin/env node
// The site: pages of the repository and a reference from the docstrings, built by VitePress into build/docs/site.
// `node tools/run.mjs docs` installs what it needs (docs/package.json) and builds dist/ first.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root, run, runQuietly, step } from "../support/process.mjs";
import { deadLinksOfSite } from "./check-site.mjs";
import { writePages } from "./pages.mjs";

const pages = "build/docs/pages";
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const vitepress = "docs/node_modules/vitepress/bin/vitepress.js";

/** `https://github.com/owner/name/blob/main`, where package.json names a repository. */
function repository() {
  const address = typeof manifest.repository === "string" ? manifest.repository : manifest.repository?.url;
  return address && `${address.replace(/^git\+|\.git$/g, "")}/blob/main`;
}

/** One entry point for each subpath that has types. */
function typedocOptions() {
  const entries = Object.values(manifest.exports).flatMap(({ types }) => (types === undefined ? [] : [resolve(types)]));
  return {
    entryPoints: entries,
    tsconfig: resolve("docs/tsconfig.json"),
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme", resolve("docs/.vitepress/typedoc-plugin.mjs")],
    out: resolve(pages, "reference"),
    docsRoot: resolve(pages),
    router: "member",
    membersWithOwnFile: ["Class"],
    navigation: { includeFolders: false },
    readme: "none",
    disableSources: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeInternal: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    expandObjects: true,
    name: "Reference",
    sort: ["source-order"],
    sortEntryPoints: false,
    indexFormat: "table",
    parametersFormat: "table",
    classPropertiesFormat: "table",
    interfacePropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
    validation: { notDocumented: false, notExported: false, invalidLink: true },
    tableColumnSettings: { hideInherited: true, hideModifiers: true, hideOverrides: true },
    logLevel: "Warn",
  };
}

async function main(args) {
  process.chdir(root);
  rmSync(pages, { recursive: true, force: true });
  await step("writing the reference", async () => {
    const options = "build/docs/typedoc.json";
    writePages(root, pages, repository());
    writeFileSync(options, JSON.stringify(typedocOptions()));
    const typedoc = "docs/node_modules/typedoc/bin/typedoc";
    await runQuietly("typedoc", process.execPath, [typedoc, "--options", options]);
  });
  if (args.includes("--pages")) return 0;
  if (args.includes("--serve")) return run(process.execPath, [vitepress, "dev", "docs"], { stdin: "inherit" });
  await step("building the site", () => runQuietly("vitepress", process.execPath, [vitepress, "build", "docs"]));
  const dead = deadLinksOfSite("build/docs/site");
  for (const link of dead) console.error(`error: docs: ${link} leads nowhere.`);
  console.log("docs: build/docs/site");
  return dead.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
