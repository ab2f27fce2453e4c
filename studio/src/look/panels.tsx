import type { ComponentChildren } from "preact";
import { useApp } from "../ui/app-context.js";
import type { Context, PlacesAnswer, UnitAnswer } from "../worker/look.js";

interface PanelProps {
  title: string;
  note?: string;
  onClose: () => void;
  children: ComponentChildren;
}

function Panel({ title, note = "", onClose, children }: PanelProps) {
  const { strings } = useApp();
  return (
    <section class="look-panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span>{note}</span>
        <button type="button" onClick={onClose}>
          {strings.look.close}
        </button>
      </header>
      {children}
    </section>
  );
}

/** Characters that would turn the line around, or break it, as what can be seen. */
export function shown(text: string): string {
  return text
    .replace(/[\n\r\u2028\u2029]/g, "↵")
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\p{Cc}]/gu, "▯");
}

/** Places under each other, what was looked for in one column. */
function Places({
  places,
  sign,
  onStep,
}: {
  places: readonly Context[];
  sign: boolean;
  onStep: ((step: number) => void) | null;
}) {
  return (
    <ol class="contexts">
      {places.map(({ from, before, match, after, value }) => {
        const content = (
          <>
            <span class="before">{shown(before)}</span>
            <mark>{shown(match)}</mark>
            <span class="after">{shown(after)}</span>
            <small>{sign ? value.toFixed(2).replace("-", "−") : `${Math.round(100 * value)} %`}</small>
          </>
        );
        return (
          <li key={from}>
            {onStep === null ? (
              <span class="context">{content}</span>
            ) : (
              <button type="button" class="context" onClick={() => onStep(from)}>
                {content}
              </button>
            )}
          </li>
        );
      })}
    </ol>
  );
}

interface UnitPanelProps {
  about: UnitAnswer;
  onStep: (step: number) => void;
  onClose: () => void;
}

/** Where a unit is high and low, and which others go with it. */
export function UnitPanel({ about, onStep, onClose }: UnitPanelProps) {
  const { look } = useApp().strings;
  return (
    <Panel title={look.unit(about.name)} note={about.follows} onClose={onClose}>
      <div class="columns">
        <div>
          <h3>{look.highest}</h3>
          <Places places={about.highest} sign onStep={onStep} />
        </div>
        <div>
          <h3>{look.lowest}</h3>
          <Places places={about.lowest} sign onStep={onStep} />
        </div>
        <div>
          <h3>{look.alike}</h3>
          <ul class="alike">
            {about.alike.map(({ name, follows, correlation }) => (
              <li key={name}>
                <span>{name}</span>
                <i
                  style={{ width: `${Math.round(60 * Math.abs(correlation))}px` }}
                  class={correlation < 0 ? "is-against" : ""}
                />
                <small>
                  {correlation.toFixed(2).replace("-", "−")} {follows}
                </small>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </Panel>
  );
}

interface PlacesPanelProps {
  found: PlacesAnswer;
  /** Looks through another text. */
  again: (corpus: string) => Promise<void>;
  /** Null where the places are of another text. */
  onStep: ((step: number) => void) | null;
  onClose: () => void;
}

/** The units that are high over a selection, and where else they are. */
export function PlacesPanel({ found, again, onStep, onClose }: PlacesPanelProps) {
  const { look } = useApp().strings;
  const { units, places, searched } = found;
  return (
    <Panel title={look.places} note={look.searched(searched)} onClose={onClose}>
      {units.length === 0 ? (
        <p>{look.noUnits}</p>
      ) : (
        <>
          <p class="chosen">
            {units.slice(0, 14).map(({ name, follows, sign }) => (
              <span key={name}>
                {sign > 0 ? "+" : "−"} {name} {follows !== "" && <small>{follows}</small>}
              </span>
            ))}
            {units.length > 14 && <span>… {units.length}</span>}
          </p>
          <Places places={places} sign={false} onStep={onStep} />
          <label class="look-open is-small">
            {look.otherText}
            <input
              type="file"
              accept=".txt,text/plain"
              onChange={async (event) => {
                const file = event.currentTarget.files?.[0];
                if (file !== undefined) await again(await file.text());
              }}
            />
          </label>
        </>
      )}
    </Panel>
  );
}
