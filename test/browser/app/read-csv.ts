import { loader, readCSV } from "unrolled/data";

/** In the page: what a person chose with `<input type="file">`, read row by row and as a table. */
export async function readChosen(file: File): Promise<object> {
  let [rows, sum] = [0, 0];
  for await (const { price } of readCSV<{ price: number }>(file)) {
    rows++;
    sum += price;
  }
  const table = await readCSV(file);
  const [batch] = loader({ x: table.tensor(["price", "amount"]) }, { batchSize: 2 });
  const again = await readCSV(new Blob([await file.arrayBuffer()]).stream(), { columns: ["name"] });
  return { rows, sum, types: table.types, batch: [...batch!.x.data()], names: again.column("name") };
}

/** What reading it throws. */
export async function refusal(file: File): Promise<string> {
  try {
    await readCSV(file);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
