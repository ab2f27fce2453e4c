/** The page: starts the worker and shows what it says. What takes long is done there. */
const element = (id) => document.getElementById(id);
const worker = new Worker("worker.js", { type: "module" });

worker.onmessage = ({ data: { engine, step, steps, loss, sample, forgotten } }) => {
  if (forgotten) location.reload();
  if (engine !== undefined) element("engine").textContent = engine;
  if (sample !== undefined) element("sample").textContent = sample;
  if (step === undefined) return;
  Object.assign(element("progress"), { max: steps, value: step });
  element("loss").textContent = `step ${step}, ${loss.toFixed(3)} nats a character`;
};
worker.onerror = ({ message }) => {
  element("engine").textContent = message;
};

element("forget").onclick = () => {
  worker.postMessage("forget");
};
