import { useApp } from "../ui/app-context.js";
import { Copies } from "../ui/figure-copies.js";
import { savePicture } from "../ui/pictures.js";
import type { Lesson } from "./lessons.js";

/** The figures of all lessons, in each language: each is a file of its own, fetched when it is shown. */
const FILES = import.meta.glob("../../../docs/lessons/figures/**/*.svg", { query: "?url", import: "default", eager: true }) as Record<string, string>; // biome-ignore format: one line

/** Of the drawing that speaks this language. */
function addressOf(name: string, locale: string): string {
  const folder = "../../../docs/lessons/figures";
  return FILES[`${folder}/${locale}/${name}.svg`] ?? FILES[`${folder}/${name}.svg`] ?? "";
}

/** What the lesson itself shows. */
export function Pictures({ lesson }: { lesson: Lesson }) {
  const { learn } = useApp().strings;
  return (
    <section class="pictures">
      <h3>{learn.pictures}</h3>
      {lesson.figures.map((name) => (
        <Picture key={name} name={name} />
      ))}
    </section>
  );
}

function Picture({ name }: { name: string }) {
  const { strings } = useApp();
  const title = strings.learn.figures[name] ?? name;
  const address = addressOf(name, strings.locale);
  const save = async (kind: "svg" | "png") => savePicture(name, await (await fetch(address)).text(), kind);
  return (
    <figure class="copied">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be scrolled by keys too */}
      <section class="scrolls" tabIndex={0} aria-label={title}>
        <img src={address} alt={title} loading="lazy" />
      </section>
      <Copies title={title} save={save} />
    </figure>
  );
}
