import { useApp } from "../ui/app-context.js";
import { Copies } from "../ui/figure-copies.js";
import { savePicture } from "../ui/pictures.js";
import type { Lesson } from "./lessons.js";

/** The figures of all lessons: each is a file of its own, fetched when it is shown. */
const FILES = import.meta.glob("../../../docs/lessons/figures/*.svg", { query: "?url", import: "default", eager: true }) as Record<string, string>; // biome-ignore format: one line

const addressOf = (name: string): string => FILES[`../../../docs/lessons/figures/${name}.svg`] ?? "";

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
  const title = name.replace(/^\d+-/, "").replaceAll("-", " ");
  const save = async (kind: "svg" | "png") => savePicture(name, await (await fetch(addressOf(name))).text(), kind);
  return (
    <div class="copied">
      <img src={addressOf(name)} alt={title} loading="lazy" />
      <Copies title={title} save={save} />
    </div>
  );
}
