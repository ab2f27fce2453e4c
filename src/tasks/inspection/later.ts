import type { Inspects, OptionFields } from "../commands.js";
import type { TaskTypes } from "../task.js";

/** An inspection that is fetched when it is asked for: who only predicts does not load it. */
export function inspectsLater<T extends TaskTypes>(
  fields: OptionFields,
  load: () => Promise<{ inspect: Pick<Inspects<T>, "run"> }>,
): Inspects<T> {
  return {
    fields,
    run: async (model, known, content, options) => (await load()).inspect.run(model, known, content, options),
  };
}
