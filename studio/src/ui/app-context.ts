import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { State } from "../state/state.js";
import type { Store } from "../state/store.js";
import type { Strings } from "../strings/en.js";
import type { Live } from "../train/live.js";
import type { Trainer } from "../train/trainer.js";
import type { Client } from "../worker/rpc.js";

/** What every view is given. */
export interface App {
  readonly store: Store;
  readonly worker: Client;
  readonly trainer: Trainer;
  readonly strings: Strings;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("a view stands outside of the studio");
  return app;
}

/** A part of the state; the component is drawn anew when that part is another. */
export function useStudio<T>(select: (state: State) => T): T {
  const { store } = useApp();
  const [value, setValue] = useState(() => select(store.state));
  useEffect(() => {
    setValue(() => select(store.state));
    return store.subscribe((state) => setValue(() => select(state)));
  }, [store]);
  return value;
}

/** A part of what is known of the training; the component is drawn anew when that part is another. */
export function useLive<T>(select: (live: Live) => T): T {
  const { trainer } = useApp();
  const [value, setValue] = useState(() => select(trainer.live));
  useEffect(() => {
    setValue(() => select(trainer.live));
    return trainer.subscribe(() => setValue(() => select(trainer.live)));
  }, [trainer]);
  return value;
}
