import type { ComponentType } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { VIEWS, type View } from "../state/state.js";
import { type App, AppContext, useApp, useStudio } from "./app-context.js";
import { usePreferences } from "./preferences.js";

/** Each is loaded when it is first shown. */
const LOADERS: Readonly<Record<View, () => Promise<{ default: ComponentType }>>> = {
  train: () => import("../train/train-view.js"),
  look: () => import("../look/look-view.js"),
  learn: () => import("../learn/learn-view.js"),
};

export function Studio({ store, worker, trainer }: Omit<App, "strings">) {
  const { strings, bar } = usePreferences();
  const app = useMemo(() => ({ store, worker, trainer, strings }), [store, worker, trainer, strings]);
  return (
    <AppContext.Provider value={app}>
      <header class="top">
        <h1 class="name">Unrolled</h1>
        <Tabs />
        {bar}
      </header>
      <Shown />
    </AppContext.Provider>
  );
}

function Tabs() {
  const { store, strings } = useApp();
  const view = useStudio((state) => state.view);
  return (
    <nav class="tabs" aria-label={strings.studio}>
      {VIEWS.map((name) => (
        <button
          key={name}
          type="button"
          aria-current={name === view ? "page" : undefined}
          onClick={() => store.dispatch("show", name)}
        >
          {strings.views[name]}
        </button>
      ))}
    </nav>
  );
}

function Shown() {
  const { strings } = useApp();
  const view = useStudio((state) => state.view);
  const [loaded, setLoaded] = useState<Partial<Record<View, ComponentType>>>({});
  useEffect(() => {
    if (loaded[view] !== undefined) return;
    LOADERS[view]().then(({ default: component }) => setLoaded((before) => ({ ...before, [view]: component })));
  }, [view, loaded]);
  const Component = loaded[view];
  return <main aria-busy={Component === undefined}>{Component ? <Component /> : <p>{strings.loading}</p>}</main>;
}
