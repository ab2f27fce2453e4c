// Silent while all is well: failures in full, what was skipped and why, and one closing line.

import { writeFileSync } from "node:fs";

export default class Reporter {
  #logs = new Map();

  onInit(vitest) {
    this.vitest = vitest;
  }

  onUserConsoleLog({ taskId = "", content }) {
    this.#logs.set(taskId, (this.#logs.get(taskId) ?? "") + content);
  }

  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state) => tests.filter((test) => test.result().state === state);
    const broken = modules.flatMap((module) =>
      [module, ...module.children.allSuites()].filter((node) => node.errors().length),
    );
    const failed = inState("failed");
    for (const node of broken) this.#printFailure(node, node.errors());
    for (const test of failed) this.#printFailure(test, test.result().errors);
    for (const error of unhandledErrors) this.#printErrors("outside any test", [error]);
    if (!this.vitest.config.testNamePattern) this.#printSkips(inState("skipped"));
    const failures = failed.length + broken.length + unhandledErrors.length;
    this.#close(`${inState("passed").length} passed, ${failures} failed, ${inState("skipped").length} skipped`);
  }

  #printFailure(node, errors) {
    const module = node.type === "module" ? node : node.module;
    const title = node.type === "module" ? module.relativeModuleId : `${module.relativeModuleId} > ${node.fullName}`;
    this.#printErrors(title, errors, module.project);
    const logged = this.#logs.get(node.id);
    if (logged) console.error(`It printed:\n${logged.trimEnd()}\n`);
  }

  #printErrors(title, errors, project) {
    console.error(`\nFAILED ${title}`);
    for (const error of errors) this.vitest.logger.printError(error, { project, showCodeFrame: true });
  }

  /** One line for each file and reason: a suite skipped for one reason says so once. */
  #printSkips(tests) {
    const counts = new Map();
    for (const test of tests) {
      const line = `${test.module.relativeModuleId}: ${skipReason(test)}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    for (const [line, count] of counts) console.log(`skipped ${count} in ${line}`);
  }

  #close(summary) {
    const file = process.env.UNROLLED_TEST_SUMMARY;
    if (file) writeFileSync(file, summary);
    else console.log(summary);
  }
}

/** The reason is the note of `context.skip(note)`, or what follows "skip:" in the title of the test or its suite. */
function skipReason(test) {
  const reason = test.result().note ?? /skip:\s*(.+?)(?: > |$)/.exec(test.fullName)?.[1];
  return reason ?? `${test.fullName} (no reason given: write "skip: the reason" into its title)`;
}
