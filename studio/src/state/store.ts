import { actions, type Dispatch } from "./actions.js";
import type { State } from "./state.js";

/** A place that holds a state and tells of every change. */
export interface Store {
  readonly state: State;
  readonly dispatch: Dispatch;
  /** Takes a whole state, as from an address. */
  replace(state: State): void;
  /** @returns how to listen no more */
  subscribe(listener: (state: State, before: State) => void): () => void;
}

export function createStore(initial: State): Store {
  let state = initial;
  const listeners = new Set<(state: State, before: State) => void>();
  const change = (next: State) => {
    if (next === state) return;
    const before = state;
    state = next;
    for (const listener of [...listeners]) listener(next, before);
  };
  return {
    get state() {
      return state;
    },
    dispatch: (action, ...rest) => {
      const apply = actions[action] as (state: State, ...rest: unknown[]) => State;
      change(apply(state, ...rest));
    },
    replace: change,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
