import { useState } from "preact/hooks";
import { useApp, useLive, useStudio } from "../ui/app-context.js";
import { Copies } from "../ui/figure-copies.js";
import { savePicture } from "../ui/pictures.js";
import { type Hovered, Plot, type PlotSeries } from "../ui/plot.js";
import { saveFile } from "../ui/save-file.js";
import { numberText } from "../ui/text.js";
import { GRADIENT, HELD_OUT, LOSS } from "../worker/curve-names.js";
import type { Curve } from "../worker/runs.js";
import { curveSvg, curveTable } from "./curve-pictures.js";

const NONE: Curve = { steps: [], values: [] };

/** Loss of what is trained on and of what is held out, a metric, and the norm of the gradient. */
export function Curves() {
  const { store, strings } = useApp();
  // Curves grow in place: the version says that there is more to see.
  useLive((live) => live.version);
  const curves = useLive((live) => live.curves);
  const metrics = useLive((live) => live.about?.metrics) ?? [];
  const shown = metrics.filter(({ name }) => name !== "loss");
  const chosen = useStudio((state) => state.at["metric"]);
  const metric = shown.find(({ name }) => name === chosen) ?? shown[0];
  const { figures } = strings;
  const loss: PlotSeries[] = [
    { name: figures.training, curve: curves[LOSS] ?? NONE, colour: "--curve-1" },
    { name: figures.heldOut, curve: curves[`${HELD_OUT}loss`] ?? NONE, colour: "--curve-2" },
  ];
  return (
    <section class="curves" aria-label={figures.curves}>
      <Figure title={figures.loss} series={loss} height={220} />
      <div class="small-curves">
        {metric === undefined ? (
          // Its place, until it is known which it is.
          <Figure title={figures.metric} series={[]} height={130} />
        ) : (
          <Figure
            title={metric.unit === "" ? metric.name : `${metric.name}, ${metric.unit}`}
            choices={shown.map(({ name }) => name)}
            chosen={metric.name}
            onChoose={(name) => store.dispatch("remember", "metric", name)}
            series={[
              {
                name: figures.heldOut,
                curve: curves[HELD_OUT + metric.name] ?? NONE,
                colour: "--curve-2",
                scale: metric.scale,
              },
            ]}
            height={130}
          />
        )}
        <Figure
          title={figures.gradNorm}
          series={[{ name: figures.training, curve: curves[GRADIENT] ?? NONE, colour: "--curve-1" }]}
          height={130}
        />
      </div>
    </section>
  );
}

interface FigureProps {
  title: string;
  series: readonly PlotSeries[];
  height: number;
  choices?: readonly string[];
  chosen?: string;
  onChoose?(name: string): void;
}

function Figure({ title, series, height, choices = [], chosen, onChoose }: FigureProps) {
  const { strings } = useApp();
  const version = useLive((live) => live.version);
  const end = useLive((live) => live.step);
  const mark = useStudio((state) => state.step);
  const [hovered, onHover] = useState<Hovered | null>(null);
  const name = title.replace(/\W+/g, "-");
  return (
    <figure>
      <figcaption>
        {choices.length > 1 ? (
          <select
            aria-label={strings.figures.metric}
            value={chosen}
            onChange={(event) => onChoose?.(event.currentTarget.value)}
          >
            {choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : (
          <span>{title}</span>
        )}
        {(series.length > 1 || hovered !== null) &&
          series.map((one, i) => (
            <span key={one.name} class="key" style={{ color: `var(${one.colour})` }}>
              {one.name}
              <b>{valueText(hovered?.values[i])}</b>
            </span>
          ))}
        {hovered !== null && <span class="faint">{strings.samples.atStep(hovered.step)}</span>}
        <Copies title={title} save={async (kind) => savePicture(name, await curveSvg(title, series), kind)}>
          <button
            type="button"
            class="quiet"
            aria-label={strings.exports.picture(title, "csv")}
            onClick={() => saveFile(`${name}.csv`, curveTable(series), "text/csv")}
          >
            CSV
          </button>
        </Copies>
      </figcaption>
      <Plot {...{ title, series, version, height, end, mark, onHover }} />
    </figure>
  );
}

const valueText = (value: number | null | undefined): string =>
  typeof value === "number" ? ` ${numberText(value)}` : "";
