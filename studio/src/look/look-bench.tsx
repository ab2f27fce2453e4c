import { useEffect, useMemo, useState } from "preact/hooks";
import type { CompareMode } from "../score/rows.js";
import { Score } from "../score/score.js";
import { useApp, useStudio } from "../ui/app-context.js";
import type { HeatTrack, LookAnswer, PlacesAnswer, UnitAnswer } from "../worker/look.js";
import { LookBar } from "./look-bar.js";
import { type OpenModel, scoreOf } from "./look-model.js";
import { PlacesPanel, UnitPanel } from "./panels.js";
import { useTrainingTime } from "./training-time.js";
import type { Models } from "./use-models.js";
import { Warnings } from "./warnings.js";

/** @param isElsewhere  the places are of another text than the one that is shown */
type Panel =
  | { kind: "unit"; about: UnitAnswer }
  | { kind: "places"; found: PlacesAnswer; isElsewhere: boolean; again: (corpus: string) => Promise<void> };

interface BenchProps {
  model: OpenModel;
  held: Models;
  onModel: (key: string) => void;
}

/** A model, a text, and the score of both; another model beside it. */
export function LookBench({ model, held, onModel }: BenchProps) {
  const { store } = useApp();
  const at = useStudio((state) => state.at);
  const usual = held.texts[model.key] ?? model.about.usual;
  const [text, setText] = useState(at["text"] ?? usual);
  const [other, setOther] = useState<string | null>(at["other"] ?? null);
  const [mode, setMode] = useState<CompareMode>(at["mode"] === "difference" ? "difference" : "twice");
  const [panel, setPanel] = useState<Panel | null>(null);
  const [jump, setJump] = useState<Jump>({ step: null, count: 0 });
  const { shown, slider } = useTrainingTime(model.key);
  const { answer, against, problem, busy } = useAnswers(shown, other, text);
  useEffect(() => {
    store.dispatch("remember", "text", text === usual ? null : text);
    store.dispatch("remember", "other", other);
    store.dispatch("remember", "mode", mode === "twice" ? null : mode);
  }, [text, other, mode]);
  useEffect(() => setPanel(null), [answer]);
  const onStep = (step: number) => setJump({ step, count: jump.count + 1 });
  const onClose = () => setPanel(null);
  return (
    <div class="look-bench">
      <LookBar {...{ model, held, onModel, text, setText, other, setOther, mode, setMode, busy }} />
      {problem !== null && (
        <p class="look-problem" role="alert">
          {problem}
        </p>
      )}
      {answer !== null && <Warnings warnings={answer.warnings} />}
      {answer !== null && (
        <Scores
          {...{ answer, against, mode, jump }}
          name={model.key}
          asked={shown}
          compared={other}
          corpus={held.corpora[model.key] ?? null}
          onPanel={setPanel}
        />
      )}
      {slider}
      {panel?.kind === "unit" && <UnitPanel about={panel.about} onStep={onStep} onClose={onClose} />}
      {panel?.kind === "places" && (
        <PlacesPanel {...panel} onStep={panel.isElsewhere ? null : onStep} onClose={onClose} />
      )}
    </div>
  );
}

/** Where to go; the count says that it is another wish, even to go there once more. */
interface Jump {
  step: number | null;
  count: number;
}

interface ScoresProps {
  /** Of the model, and of it at the moment that is shown. */
  name: string;
  asked: string;
  compared: string | null;
  corpus: string | null;
  answer: LookAnswer;
  against: LookAnswer | null;
  mode: CompareMode;
  jump: Jump;
  onPanel: (panel: Panel) => void;
}

/** The sequences of one look, each with its score; the first one is remembered in the address. */
function Scores({ name, asked: key, compared, corpus: usual, answer, against, mode, jump, onPanel }: ScoresProps) {
  const { store, worker, strings } = useApp();
  const gradients = useMemo(
    () =>
      answer.hasGradient.map((has, score) =>
        has ? (step: number) => worker.ask("look.gradient", { key, score, step }) : null,
      ),
    [answer],
  );
  const kept = store.state.score;
  const goes = jump.step === null ? null : { from: jump.step - 30, to: jump.step + 50 };
  const onUnit = (score: number) => async (track: HeatTrack, row: number, whose: string) => {
    const of = whose === "B" && compared !== null ? compared : key;
    onPanel({ kind: "unit", about: await worker.ask("look.unit", { key: of, score, track: track.id, row }) });
  };
  const onAlike = (score: number) => async (range: { from: number; to: number }) => {
    const track = answer.scores[score].tracks.filter((one) => one.kind === "heat" && one.ofUnits).at(-1);
    if (track === undefined) return;
    const find = async (corpus: string | null) => {
      const found = await worker.ask("look.places", { key, score, track: track.id, ...range, corpus });
      onPanel({ kind: "places", found, isElsewhere: found.isElsewhere, again: find });
    };
    await find(usual);
  };
  return (
    <>
      {answer.scores.map((data, index) => (
        <Score
          key={`${name} ${index} ${jump.count}`}
          {...{ data, mode }}
          words={strings.score}
          other={against?.scores[index] ?? null}
          tracks={index === 0 ? kept.tracks : null}
          range={index > 0 ? null : (goes ?? kept.range)}
          cursor={index > 0 ? null : (jump.step ?? kept.cursor)}
          gradientOf={gradients[index]}
          onChange={(change) => index === 0 && store.dispatch("score", change)}
          onUnit={onUnit(index)}
          onAlike={onAlike(index)}
        />
      ))}
    </>
  );
}

/** What both models do on the text: asked again a moment after it was changed last. */
function useAnswers(key: string, other: string | null, text: string) {
  const { worker } = useApp();
  const [answer, setAnswer] = useState<LookAnswer | null>(null);
  const [against, setAgainst] = useState<LookAnswer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    const read = async () => {
      setBusy(true);
      try {
        const second = other === null ? null : await scoreOf(worker, other, text);
        const first = await scoreOf(worker, key, text);
        if (!isCurrent) return;
        setAnswer(first);
        setAgainst(second);
        setProblem(null);
      } catch (error) {
        if (isCurrent) setProblem(error instanceof Error ? error.message : String(error));
      } finally {
        if (isCurrent) setBusy(false);
      }
    };
    const timer = setTimeout(read, answer === null ? 0 : 150);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key, other, text]);
  return { answer, against, problem, busy };
}
