import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A part that is loaded when it is first shown; nothing until then. */
export function Lazy({ load }: { load: () => Promise<{ default: ComponentType }> }) {
  const [loaded, setLoaded] = useState<{ Part: ComponentType } | null>(null);
  useEffect(() => {
    void load().then(({ default: Part }) => setLoaded({ Part }));
  }, []);
  return loaded === null ? null : <loaded.Part />;
}
