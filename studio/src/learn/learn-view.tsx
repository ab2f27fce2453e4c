import { useState } from "preact/hooks";
import { useApp, useStudio } from "../ui/app-context.js";
import { Bench } from "./bench.js";
import "./learn.css";
import { LESSONS } from "./lessons.js";

/** One cell to play with, opened at the figure of a lesson. */
export default function LearnView() {
  const { store, strings } = useApp();
  const { learn } = strings;
  const kept = Number(useStudio((state) => state.at["lesson"] ?? "1"));
  const index = Number.isInteger(kept) && kept >= 1 && kept <= LESSONS.length ? kept - 1 : 0;
  const [isOpen, setOpen] = useState(false);
  const [title, about] = learn.lesson[index];
  return (
    <div class="learn">
      <nav class={`lessons ${isOpen ? "is-open" : ""}`} aria-label={learn.lessons}>
        <button type="button" class="lessons-toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {index + 1}. {title}
        </button>
        <ol>
          {learn.lesson.map(([name], k) => (
            <li key={name}>
              <button
                type="button"
                aria-current={k === index ? "page" : undefined}
                onClick={() => {
                  store.dispatch("openLesson", k + 1);
                  setOpen(false);
                }}
              >
                <small>{k + 1}</small> {name}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <article>
        <h2>{title}</h2>
        <p class="about">{about}</p>
        <Bench key={index} lesson={LESSONS[index]} />
      </article>
    </div>
  );
}
