import { type DataRef, INITIAL, type Range, type Setting, type State, VIEWS } from "./state.js";

/**
 * A state as the query of an address: what is as in the beginning is left out, so that a short address says what is special.
 * `?view=look&example=tales&set.hidden=128&set.optimizer="sgd"&range=20-80`. Data are named, never held.
 */
export function toQuery(state: State): string {
  const query = new URLSearchParams();
  if (state.view !== INITIAL.view) query.set("view", state.view);
  if (state.data?.kind === "example") query.set("example", state.data.name);
  if (state.data?.kind === "file") {
    query.set("file", state.data.name);
    query.set("hash", state.data.hash);
  }
  if (state.task !== null) query.set("task", state.task);
  for (const [key, value] of Object.entries(state.settings).sort(([a], [b]) => (a < b ? -1 : 1))) {
    query.set(`set.${key}`, JSON.stringify(value));
  }
  if (state.run !== null) query.set("run", state.run);
  if (state.step !== null) query.set("step", String(state.step));
  const { tracks, range, cursor, unit } = state.score;
  if (tracks !== null) query.set("tracks", tracks.join(","));
  if (range !== null) query.set("range", `${range.from}-${range.to}`);
  if (cursor !== null) query.set("cursor", String(cursor));
  if (unit !== null) query.set("unit", String(unit));
  for (const [key, value] of Object.entries(state.at)) query.set(`at.${key}`, value);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** The state of an address. What it cannot read is left as in the beginning: an address is typed and shortened by people. */
export function fromQuery(text: string): State {
  const query = new URLSearchParams(text);
  const view = VIEWS.find((name) => name === query.get("view")) ?? INITIAL.view;
  const settings: Record<string, Setting> = {};
  const at: Record<string, string> = {};
  for (const [key, value] of query) {
    if (/^set\.[A-Za-z]\w*$/.test(key)) {
      const setting = settingOf(value);
      if (setting !== undefined) settings[key.slice(4)] = setting;
    } else if (/^at\.[A-Za-z]\w*$/.test(key)) at[key.slice(3)] = value;
  }
  return {
    view,
    data: dataOf(query),
    task: query.get("task"),
    settings,
    run: query.get("run"),
    step: naturalOf(query.get("step")),
    score: {
      tracks: query.get("tracks")?.split(",").filter(Boolean) ?? null,
      range: rangeOf(query.get("range")),
      cursor: naturalOf(query.get("cursor")),
      unit: naturalOf(query.get("unit")),
    },
    at,
  };
}

function dataOf(query: URLSearchParams): DataRef | null {
  const example = query.get("example");
  if (example !== null) return { kind: "example", name: example };
  const [name, hash] = [query.get("file"), query.get("hash")];
  return name !== null && hash !== null && /^[0-9a-f]{64}$/.test(hash) ? { kind: "file", name, hash } : null;
}

function settingOf(text: string): Setting | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value === null || ["string", "number", "boolean"].includes(typeof value) ? (value as Setting) : undefined;
  } catch {
    return undefined;
  }
}

function naturalOf(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function rangeOf(text: string | null): Range | null {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? "") ?? [];
  return from !== undefined && Number(from) < Number(to) ? { from: Number(from), to: Number(to) } : null;
}
