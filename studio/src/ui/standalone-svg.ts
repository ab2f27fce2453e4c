/** What a drawing's looks depend on in this page. */
const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "opacity", "font-family", "font-size", "font-style", "font-weight", "text-anchor"]; // biome-ignore format: one line

/** A drawing of the page as a file that looks the same anywhere: with the styles that it has here, on what it stands on. */
export function standalone(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const copies = [copy, ...copy.querySelectorAll("*")];
  for (const [i, element] of [drawing, ...drawing.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(element);
    for (const name of ["class", "style", "role", "tabindex"]) copies[i].removeAttribute(name);
    for (const name of LOOKS) copies[i].setAttribute(name, style.getPropertyValue(name).replaceAll('"', "'"));
  }
  const { width, height } = drawing.viewBox.baseVal;
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({
    width,
    height,
    fill: getComputedStyle(document.body).backgroundColor,
  })) {
    paper.setAttribute(name, String(value));
  }
  copy.prepend(paper);
  for (const [name, value] of Object.entries({ width, height })) copy.setAttribute(name, String(value));
  return new XMLSerializer().serializeToString(copy);
}
