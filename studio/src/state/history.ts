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
  const { view, data, task, settings, at } = state;
  const isOther = view !== before.view || data !== before.data || task !== before.task || settings !== before.settings;
  return isOther || at["lesson"] !== before.at["lesson"];
}

/** A cursor moves often, and browsers refuse an address that changes more than a few times a second; in milliseconds. */
const SETTLED = 200;

/** Keeps the address and the state the same, both ways. Begin with `createStore(fromQuery(location.search))`. */
export function followAddress(store: Store, window: Address): void {
  const { location, history } = window;
  let fromAddress = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const urlOf = (state: State) => `${location.pathname}${toQuery(state)}`;
  const replace = (state: State) => {
    clearTimeout(timer);
    timer = undefined;
    const url = urlOf(state);
    if (url !== location.pathname + location.search) history.replaceState(null, "", url);
  };
  store.subscribe((state, before) => {
    if (fromAddress) return;
    if (!isPlace(state, before)) {
      clearTimeout(timer);
      timer = setTimeout(() => replace(store.state), SETTLED);
      return;
    }
    // Where one was is left as one left it.
    if (timer !== undefined) replace(before);
    history.pushState(null, "", urlOf(state));
  });
  window.addEventListener("popstate", () => {
    clearTimeout(timer);
    timer = undefined;
    fromAddress = true;
    store.replace(fromQuery(location.search));
    fromAddress = false;
  });
}
