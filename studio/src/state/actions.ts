import { type DataRef, INITIAL, type ScoreState, type Setting, type Settings, type State, type View } from "./state.js";

interface Resumed {
  id: string;
  data: DataRef;
  task: string;
  settings: Settings;
}

/** What can happen to the state. Each is a pure function from a state to the next. */
export const actions = {
  show: (state: State, view: View): State => ({ ...state, view }),
  /** Other data: what was chosen for the old ones goes. */
  choose: (state: State, data: DataRef | null): State => ({ ...INITIAL, view: state.view, at: state.at, data }),
  asTask: (state: State, task: string | null): State => ({ ...state, task, settings: {}, run: null, step: null }),
  set: (state: State, key: string, value: Setting): State => ({
    ...state,
    settings: { ...state.settings, [key]: value },
  }),
  /** Back to the value that fits. */
  unset: (state: State, key: string): State => {
    const { [key]: _, ...settings } = state.settings;
    return { ...state, settings };
  },
  unsetAll: (state: State): State => ({ ...state, settings: {} }),
  /** Other settings than a run was begun with: another run, which has not begun. */
  anew: (state: State, settings: Settings): State => ({ ...state, settings, run: null, step: null }),
  /** A run that was kept, with all that it was begun with. */
  resume: (state: State, { id, data, task, settings }: Resumed): State => ({
    ...INITIAL,
    ...{ view: state.view, at: state.at, score: state.score, step: state.run === id ? state.step : null },
    ...{ data, task, settings, run: id },
  }),
  follow: (state: State, run: string | null): State => ({ ...state, run, step: null }),
  goTo: (state: State, step: number | null): State => ({ ...state, step }),
  score: (state: State, change: Partial<ScoreState>): State => ({ ...state, score: { ...state.score, ...change } }),
  remember: (state: State, key: string, value: string | null): State => {
    const { [key]: _, ...at } = state.at;
    return { ...state, at: value === null ? at : { ...at, [key]: value } };
  },
  /** Another lesson: what was turned on the figure of this one goes. */
  openLesson: (state: State, lesson: number): State => {
    const { figure: _, ...at } = state.at;
    return { ...state, at: { ...at, lesson: String(lesson) } };
  },
} as const;

type Rest<F> = F extends (state: State, ...rest: infer R) => State ? R : never;
export type Dispatch = <A extends keyof typeof actions>(action: A, ...rest: Rest<(typeof actions)[A]>) => void;
