// Loaded before a program (`node --import`), it stops the process in the midst of what it does with files, as if it or its machine hung.
// STOP_AT has, for each that stops: RANK CALL PATTERN COUNT HOW. At the COUNT-th CALL of node:fs on a path that matches PATTERN, HOW is
// done: a signal; "late", a signal after two seconds; "block", which is a main thread that goes on nevermore while others of its process do;
// or "spin", one that does so at work.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const rows = (process.env.STOP_AT ?? "").split(";").map((row) => row.split(" "));
const own = rows.find(([rank]) => rank === process.env.OMPI_COMM_WORLD_RANK);
if (own !== undefined && isMainThread) stopAt(own);

function stopAt([, call, pattern, count, how]) {
  let left = Number(count);
  const paths = new Map();
  const pathOf = (first, second) => (call === "renameSync" ? second : (paths.get(first) ?? String(first)));
  for (const name of new Set([call, "openSync"])) {
    const real = fs[name];
    fs[name] = (...args) => {
      if (name === call && new RegExp(pattern).test(pathOf(...args)) && --left === 0) stop(how);
      const result = real(...args);
      if (name === "openSync") paths.set(result, String(args[0]));
      return result;
    };
  }
  syncBuiltinESMExports();
}

function stop(how) {
  const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  if (how === "block") sleep(Number.POSITIVE_INFINITY);
  while (how === "spin");
  if (how === "late") sleep(2000);
  process.kill(process.pid, how === "late" ? "SIGSTOP" : how);
}
