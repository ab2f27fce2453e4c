import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { actions } from "../../studio/src/state/actions.js";
import { followAddress } from "../../studio/src/state/history.js";
import { INITIAL, type State, VIEWS } from "../../studio/src/state/state.js";
import { createStore } from "../../studio/src/state/store.js";
import { fromQuery, toQuery } from "../../studio/src/state/url.js";

const natural = fc.nat({ max: 1e6 });
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const key = fc.stringMatching(/^[A-Za-z]\w{0,8}$/).filter((name) => name !== "__proto__");
const setting = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);

const states: fc.Arbitrary<State> = fc.record({
  view: fc.constantFrom(...VIEWS),
  data: orNull(
    fc.oneof(
      fc.record({ kind: fc.constant("example" as const), name: fc.string() }),
      fc.record({ kind: fc.constant("file" as const), name: fc.string(), hash: fc.stringMatching(/^[0-9a-f]{64}$/) }),
    ),
  ),
  task: orNull(fc.string()),
  settings: fc.dictionary(key, setting),
  run: orNull(fc.string()),
  step: orNull(natural),
  score: fc.record({
    tracks: orNull(fc.array(fc.stringMatching(/^[a-z0-9 ]{1,8}$/), { minLength: 1, maxLength: 4 })),
    range: orNull(
      fc.tuple(natural, fc.integer({ min: 1, max: 99 })).map(([from, size]) => ({ from, to: from + size })),
    ),
    cursor: orNull(natural),
    unit: orNull(natural),
  }),
  at: fc.dictionary(key, fc.string()),
});

describe("an address", () => {
  test("holds every state, and gives it back", () => {
    fc.assert(
      fc.property(states, (state) => {
        // JSON, for dictionaries have other prototypes, and an address no minus of zero.
        expect(JSON.stringify(sorted(fromQuery(toQuery(state))))).toBe(JSON.stringify(sorted(state)));
      }),
    );
  });

  test("is empty in the beginning", () => expect(toQuery(INITIAL)).toBe(""));

  test.each([
    ["?view=nothing&step=-1&range=9-2&cursor=x", INITIAL],
    ["?file=a.csv", INITIAL],
    ["?file=a.csv&hash=../../etc", INITIAL],
    ["?set.hidden={}&set.__proto__=1&set.=1&set.a.b=2", INITIAL],
    ["?set.hidden=12&step=99999999999999999999", { ...INITIAL, settings: { hidden: 12 } }],
    ["?%%%", INITIAL],
  ])("that somebody wrote gives what of it can be read: %s", (query, state) => {
    expect(fromQuery(query)).toEqual(state);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]));
}

describe("actions", () => {
  const state: State = {
    ...INITIAL,
    view: "look",
    data: { kind: "example", name: "births" },
    settings: { hidden: 8, cell: "gru" },
    run: "births-1",
    step: 20,
  };

  test("other data leave nothing of what was chosen for the old ones", () => {
    expect(actions.choose(state, null)).toEqual({ ...INITIAL, view: "look" });
  });

  test("a setting goes, and the others stay", () => {
    expect(actions.unset(actions.set(state, "layers", 3), "hidden").settings).toEqual({ cell: "gru", layers: 3 });
    expect(actions.unsetAll(state).settings).toEqual({});
    expect(state.settings).toEqual({ hidden: 8, cell: "gru" });
  });

  test("another task knows nothing of the settings of this one", () => {
    expect(actions.asTask(state, "regress")).toMatchObject({ task: "regress", settings: {}, run: null, step: null });
  });
});

describe("the history of a browser", () => {
  /** A window with a history of addresses. */
  function fakeWindow(search: string) {
    const entries = [search];
    let at = 0;
    let listener = () => {};
    const go = (by: number) => {
      at += by;
      window.location.search = entries[at];
      listener();
    };
    const take = (url: string) => {
      window.location.search = url.includes("?") ? url.slice(url.indexOf("?")) : "";
      return window.location.search;
    };
    const window = {
      location: { search, pathname: "/" },
      history: {
        pushState: (_: unknown, __: string, url: string) => entries.splice(++at, entries.length, take(url)),
        replaceState: (_: unknown, __: string, url: string) => entries.splice(at, 1, take(url)),
      },
      addEventListener: (_: string, heard: () => void) => {
        listener = heard;
      },
    };
    return { window, entries, go };
  }

  test("goes back over lessons, each as one left it, and over a run that another setting ended", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { window, go } = fakeWindow("?view=learn");
    const store = createStore(fromQuery(window.location.search));
    followAddress(store, window);
    store.dispatch("remember", "figure", "cut:2");
    store.dispatch("openLesson", 4);
    expect(store.state.at).toEqual({ lesson: "4" });
    go(-1);
    expect(store.state.at).toEqual({ figure: "cut:2" });
    store.dispatch("choose", { kind: "example", name: "births" });
    store.dispatch("follow", "births-1");
    store.dispatch("anew", { hidden: 8 });
    expect(store.state).toMatchObject({ run: null, settings: { hidden: 8 } });
    go(-1);
    expect(store.state).toMatchObject({ run: "births-1", settings: {} });
  });

  test("goes back and forward over places, and not over every move of a cursor", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { window, entries, go } = fakeWindow("");
    const store = createStore(fromQuery(window.location.search));
    followAddress(store, window);
    store.dispatch("choose", { kind: "example", name: "births" });
    store.dispatch("set", "hidden", 12);
    store.dispatch("score", { cursor: 1 });
    store.dispatch("score", { cursor: 2 });
    expect(entries).toEqual(["", "?example=births", "?example=births&set.hidden=12"]);
    vi.runAllTimers();
    expect(entries).toEqual(["", "?example=births", "?example=births&set.hidden=12&cursor=2"]);
    const last = store.state;
    go(-1);
    expect(store.state).toEqual({ ...INITIAL, data: { kind: "example", name: "births" } });
    go(-1);
    expect(store.state).toEqual(INITIAL);
    go(2);
    expect(store.state).toEqual(last);
    expect(entries).toHaveLength(3);
  });
});
