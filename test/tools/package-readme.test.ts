import { expect, test } from "vitest";
import { ownTargets, published } from "../../tools/package-readme.mjs";

const PAGE = [
  "[guide](docs/a.md#part) and ![chart](bench/b.svg), `[code](c.md)`",
  "[out](https://example.org/d.md), [here](#part), [mail](mailto:e@example.org), [한국어](README.ko.md)",
].join("\n");

test("on npm's page links lead into the published package, and others stay", () => {
  expect(published(PAGE, { name: "unrolled", version: "1.2.3" })).toBe(
    [
      "[guide](https://unpkg.com/browse/unrolled@1.2.3/docs/a.md#part) and ![chart](https://unpkg.com/unrolled@1.2.3/bench/b.svg), `[code](c.md)`",
      "[out](https://example.org/d.md), [here](#part), [mail](mailto:e@example.org), [한국어](https://unpkg.com/browse/unrolled@1.2.3/README.ko.md)",
    ].join("\n"),
  );
  expect(ownTargets(PAGE)).toEqual(["docs/a.md", "bench/b.svg", "README.ko.md"]);
});
