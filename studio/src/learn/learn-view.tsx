import { useApp } from "../ui/app-context.js";

export default function LearnView() {
  const { strings } = useApp();
  return <p class="empty">{strings.learn.empty}</p>;
}
