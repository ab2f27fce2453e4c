import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";

const folder = temporaryFolder();

describe("unrolled studio", () => {
  test("serves the page and the runs of a folder until it is told to end", async () => {
    mkdirSync(folder.at("runs/one"), { recursive: true });
    writeFileSync(folder.at("runs/one/config.json"), JSON.stringify({ task: "classify", file: "a.csv" }));
    let told = "";
    const begun = new Promise<string>((resolve) => {
      terminal = new FakeTerminal({
        onWrite: (text) => {
          told += text;
          const [url] = /http:\/\/\S+/.exec(told) ?? [];
          if (url !== undefined && told.includes("Ctrl-C")) resolve(url);
        },
      });
    });
    const ended = folder.cliOn(terminal, "studio", "@runs", "--port", "0");
    const url = await begun;
    expect(told).toMatch(/^The studio, with 1 run: /);
    expect(await (await fetch(url)).text()).toContain("<title>Unrolled studio</title>");
    expect(await (await fetch(`${url}runs.json`)).json()).toMatchObject([{ index: 0, task: "classify" }]);
    terminal.interrupt("SIGINT");
    expect(await ended).toMatchObject({ code: 0, err: "" });
    await expect(fetch(url)).rejects.toThrow();
  });

  test("says which port is in use, which cannot be one, and where there is no run", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    mkdirSync(folder.at("empty"));
    const taken = String((other.address() as AddressInfo).port);
    const cases = [
      [["--port", taken], 4, `--port: found ${taken} in use; it must be a port`],
      [["--port", "x"], 2, "--port: found x; it must be a port, 0 to 65535"],
      [["--port", "65536"], 2, "--port: found 65536; it must be a port, 0 to 65535"],
      [["@empty"], 4, "empty: found no run"],
    ] as const;
    for (const [argv, code, message] of cases) {
      const found = await folder.cli("studio", ...argv);
      expect(found.code).toBe(code);
      expect(found.err).toContain(message);
    }
    await new Promise((resolve) => other.close(resolve));
  });
});

let terminal: FakeTerminal;
