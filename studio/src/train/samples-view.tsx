import { useApp, useLive, useStudio } from "../ui/app-context.js";
import { harmless, harmlessLines } from "../ui/text.js";
import type { SampledAt } from "./live.js";

/** Texts that are seen at once. */
const SEEN = 2;

/** What the model can do by now, and how that came to be. */
export function Samples() {
  const { strings } = useApp();
  const sampled = useLive((live) => live.sampled);
  const step = useStudio((state) => state.step);
  const shown = atStep(sampled, step);
  if (shown === undefined) return <section class="samples empty-samples">{strings.samples.none}</section>;
  const isWritten = shown.samples.every(({ input }) => input === null) && shown.samples.length === 1;
  return (
    <section class="samples">
      <h3>{isWritten ? strings.samples.writes : strings.samples.answers}</h3>
      {isWritten ? (
        <Written sampled={sampled.filter((one) => one.step <= shown.step)} />
      ) : (
        <Answers shown={shown} first={sampled[0]} />
      )}
    </section>
  );
}

function atStep(sampled: readonly SampledAt[], step: number | null): SampledAt | undefined {
  return step === null ? sampled.at(-1) : (sampled.findLast((one) => one.step <= step) ?? sampled[0]);
}

/** Texts, the newest on top. */
function Written({ sampled }: { sampled: readonly SampledAt[] }) {
  const { strings } = useApp();
  const all = sampled.toReversed();
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section class="newest" aria-label={strings.samples.writes} tabIndex={0}>
        <Texts sampled={all.slice(0, SEEN)} />
      </section>
      {all.length > SEEN && (
        <details class="more">
          <summary>{strings.samples.before}</summary>
          <Texts sampled={all.slice(SEEN)} />
        </details>
      )}
    </>
  );
}

function Texts({ sampled }: { sampled: readonly SampledAt[] }) {
  const { strings } = useApp();
  return (
    <ol class="written">
      {/* By their place: a text that comes on top must not move those that are there. */}
      {sampled.map(({ step, samples }, place) => (
        <li key={place}>
          <span class="at-step">{strings.samples.atStep(step)}</span>
          <bdi class="text">{harmlessLines(samples[0].output)}</bdi>
        </li>
      ))}
    </ol>
  );
}

/** Answers to a few rows, beside those that it gave at first. */
function Answers({ shown, first }: { shown: SampledAt; first: SampledAt }) {
  const { strings } = useApp();
  const hasInput = shown.samples.some(({ input }) => input !== null);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scrolls" aria-label={strings.samples.title} tabIndex={0}>
      <table class="answers">
        <thead>
          <tr>
            {hasInput && <th scope="col">{strings.samples.input}</th>}
            <th scope="col">{strings.samples.atStep(shown.step)}</th>
            <th scope="col">{strings.samples.atStep(first.step)}</th>
          </tr>
        </thead>
        <tbody>
          {shown.samples.map(({ input, output }, i) => (
            <tr key={i}>
              {hasInput && (
                <th scope="row">
                  <bdi>{harmless(input ?? "")}</bdi>
                </th>
              )}
              <td>
                <bdi>{harmless(output)}</bdi>
              </td>
              <td class="faint">
                <bdi>{harmless(first.samples[i]?.output ?? "")}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
