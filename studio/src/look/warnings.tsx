import { useApp } from "../ui/app-context.js";
import type { Warning } from "../worker/look.js";

/** What is wrong with a model, each with what to do; nothing where all is well. */
export function Warnings({ warnings }: { warnings: readonly Warning[] }) {
  const { look } = useApp().strings;
  if (warnings.length === 0) return null;
  return (
    <ul class="look-warnings" aria-label={look.warnings}>
      {warnings.map((warning) => (
        <li key={warning.check}>
          <strong>{look.found(warning)}</strong> {look.todo(warning)}
        </li>
      ))}
    </ul>
  );
}
