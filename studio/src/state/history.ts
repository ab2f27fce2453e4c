import type { State } from "./state.js";
import type { Store } from "./store.js";
import { fromQuery, toQuery } from "./url.js";

/** What of a browser's window is needed; a test has its own. */
export interface Address {
  readonly location: { readonly search: string; readonly pathname: string };
  readonly history: {
    pushState(data: unknown, unused: string, url: string): void;
    replaceState(data: unknown, unused: string, url: string): void;
  };
  addEventListener(type: "popstate", listener: () => void): void;
}

/** Whether a change is a place that one wants to come back to: a cursor that moves or a run that begins is none. */
function isPlace(state: State, before: State): boolean {
  const { view, data, task, settings } = state;
  return view !== before.view || data !== before.data || task !== before.task || settings !== before.settings;
}

/** Keeps the address and the state the same, both ways. Begin with `createStore(fromQuery(location.search))`. */
export function followAddress(store: Store, window: Address): void {
  const { location, history } = window;
  let fromAddress = false;
  store.subscribe((state, before) => {
    if (fromAddress) return;
    const url = `${location.pathname}${toQuery(state)}`;
    if (url === location.pathname + location.search) return;
    if (isPlace(state, before)) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  });
  window.addEventListener("popstate", () => {
    fromAddress = true;
    store.replace(fromQuery(location.search));
    fromAddress = false;
  });
}
