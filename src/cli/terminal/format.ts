import { cutText } from "../../base/width.js";
import { visible } from "./print.js";

/** 75 000 ms as `1:15`, with hours when there are some. */
export function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** 51 234 as `51.2k`. */
export function rateText(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)}M`;
  return perSecond >= 1000 ? `${(perSecond / 1000).toFixed(1)}k` : perSecond.toFixed(0);
}

/** A text on one line, at most `most` columns of it, control characters visible. */
export function oneLine(text: string, most: number): string {
  return cutText(visible(text.replace(/\r?\n/g, "⏎").replace(/[\t\0]/g, "·")), most);
}
