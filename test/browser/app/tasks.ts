import { load, type SourceLike, train } from "unrolled/tasks";

const all = async (rows: AsyncIterable<object>) => {
  const found: object[] = [];
  for await (const row of rows) found.push(row);
  return found;
};

/** In the page: a model of what a person chose, trained in memory and from its pieces, which tells and judges files. */
export async function learn(file: File): Promise<object> {
  const settings = { epochs: 4, hidden: 8, lr: 0.02, valid: 0, batch: 16 };
  const { model } = await train(file, settings);
  const streamed = await train(file, { ...settings, stream: true });
  const again = await load(new File([streamed.model.encode() as BlobPart], "names.safetensors"));
  const source: SourceLike = new File(['name\nAbaba\n"Bo\nBorok\n'], "new.csv");
  const { figures } = await again.evaluate(file);
  return {
    task: model.task,
    same:
      JSON.stringify([...model.encode()].slice(-3000)) === JSON.stringify([...streamed.model.encode()].slice(-3000)),
    rows: figures.find(({ name }) => name === "rows")!.value,
    said: (await all(again.predictFile(source, { skipBad: true }))).map((row) => Object.keys(row)),
    one: (await all(again.predict(["Ababa"]))).length,
  };
}

/** What a file is refused with. */
export async function refusal(file: File): Promise<string> {
  try {
    await train(file, { task: "classify", text: "name", label: "kind" });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
