import { saveFile } from "./save-file.js";

/** A picture of SVG as pixels, twice as fine as it is large. */
export async function svgToPng(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width * scale, image.height * scale];
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error("no picture could be made")) : resolve(blob)),
      "image/png",
    );
  });
}

export async function savePicture(name: string, svg: string, kind: "svg" | "png"): Promise<void> {
  if (kind === "svg") saveFile(`${name}.svg`, svg, "image/svg+xml");
  else saveFile(`${name}.png`, await svgToPng(svg), "image/png");
}
