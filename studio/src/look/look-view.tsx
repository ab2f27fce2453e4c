import { useApp } from "../ui/app-context.js";

export default function LookView() {
  const { strings } = useApp();
  return <p class="empty">{strings.look.empty}</p>;
}
