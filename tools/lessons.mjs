#!/usr/bin/env node
// `npm run lessons` runs the code of docs/lessons and writes what it prints, what it draws and the code itself into the pages.
// `npm run lessons 3` runs one lesson and prints all that it prints. Called by tools/run.mjs, which compiles the code first.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { drawings, LESSONS, lessonFiles, pageFiles, quoter, requote } from "./support/lessons.mjs";
import { root } from "./support/process.mjs";

const load = (file) => import(pathToFileURL(join(root, "build/lessons", LESSONS, file.replace(/\.ts$/, ".js"))).href);
const inLessons = (path) => join(root, LESSONS, path);

function writeIfChanged(path, text) {
  if (existsSync(inLessons(path)) && readFileSync(inLessons(path), "utf8") === text) return;
  mkdirSync(dirname(inLessons(path)), { recursive: true });
  writeFileSync(inLessons(path), text);
  console.log(`written: ${LESSONS}/${path}`);
}

async function print(file) {
  const { outputs } = await load(file);
  for (const [name, action] of Object.entries(outputs)) {
    console.log(`--- ${name}`);
    action();
  }
}

async function rewrite(files) {
  const lessons = new Map();
  for (const file of files) lessons.set(file, await load(file));
  const drawn = new Set();
  const languages = await load("code/support/words.ts");
  for (const lesson of lessons.values()) {
    for (const [path, draw] of drawings(lesson, languages)) {
      writeIfChanged(path, draw());
      drawn.add(path);
    }
  }
  for (const name of readdirSync(inLessons("figures"), { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".svg") && !drawn.has(`figures/${name}`)) rmSync(inLessons(`figures/${name}`));
  }
  const quote = quoter(root, lessons);
  for (const page of pageFiles(root)) {
    try {
      writeIfChanged(page, requote(readFileSync(inLessons(page), "utf8"), quote));
    } catch (error) {
      console.error(`error: ${LESSONS}/${page}: ${error.message}`);
      process.exitCode = 1;
    }
  }
}

const [number] = process.argv.slice(2);
const files = lessonFiles(root);
if (number === undefined) await rewrite(files);
else {
  const file = files.find((name) => Number(name.slice("code/".length, "code/".length + 2)) === Number(number));
  if (file) await print(file);
  else {
    console.error(`error: npm run lessons: the lesson must be a number from 1 to ${files.length}, got ${number}.`);
    process.exitCode = 2;
  }
}
