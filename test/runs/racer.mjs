// A process that takes a lock when it is told to, says how that went, and stays. It runs what is built: a child has no vitest.
import { RunLock } from "../../dist/runs/lock-node.js";

process.once("message", () => {
  try {
    new RunLock(process.argv[2], "run", () => {});
    process.send("won");
  } catch (error) {
    process.send(error.code ?? String(error));
  }
});
process.send("ready");
// A winner that ended would be a dead one, whose lock the next may take.
setInterval(() => {}, 1000);
