import type { Json } from "../../train/index.js";

/**
 * `metaDifference` of a task whose data are the same where a checkpoint would say the same of them.
 * @param must  of the file that a run goes on with: `know the classes of the table`
 */
export function metaDifferenceBy<M>(describeMeta: (meta: M) => Readonly<Record<string, Json>>, must: string) {
  return (before: M, after: M): { must: string; value: string } | undefined => {
    const [old, now] = [before, after].map((meta) => JSON.stringify(describeMeta(meta)));
    return old === now ? undefined : { must, value: "others" };
  };
}
