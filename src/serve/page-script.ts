/**
 * What the page to try models does. Whatever comes from a model, or was typed, becomes text and never markup.
 * It is sent as it stands, so it is plain JavaScript.
 */
export const PAGE_SCRIPT = String.raw`"use strict";
const at = (id) => document.getElementById(id);
const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text ?? "" }, more);
// What turns the order of text around, or cannot be seen, is shown by its number.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const shown = (text) => text.replace(UNSEEN, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
let token = "";
let models = [];
let model = null;
let stop = null;

async function ask(path, body, signal) {
  const headers = {};
  if (token !== "") headers.authorization = "Bearer " + token;
  if (body !== undefined) headers["content-type"] = "application/json";
  const init = { headers, signal, ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }) };
  const response = await fetch(path, init);
  if (response.ok) return response;
  const text = await response.text();
  let message = text;
  try { message = JSON.parse(text).error.message; } catch {}
  throw Object.assign(new Error(message), { status: response.status });
}

async function begin() {
  try {
    models = (await (await ask("v1/models")).json()).models;
  } catch (error) {
    if (error.status !== 401) return fail(error);
    at("token-form").hidden = false;
    at("token").focus();
    return;
  }
  at("token-form").hidden = true;
  at("form").hidden = false;
  for (const own of models) {
    const label = make("label");
    const radio = make("input", "", { type: "radio", name: "model", value: own.name });
    radio.addEventListener("change", () => choose(own));
    label.append(radio, make("span", own.name + " · " + own.title));
    at("models").append(label);
  }
  const first = document.querySelector("input[name=model]");
  if (first) { first.checked = true; choose(models[0]); at("input").focus(); }
}

const verb = () => (model.generate && !model.predict ? "generate" : "predict");

function choose(own) {
  model = own;
  const writes = verb() === "generate";
  at("ask").textContent = writes ? "Write" : "Predict";
  at("input-label").textContent = writes ? "Begins with" : "Input";
  const hasPrompt = !writes || "prompt" in own.generate.options.properties;
  at("input").hidden = at("input-label").hidden = !hasPrompt;
  at("hint").textContent = writes ? "" : hintOf(own.predict.input);
  at("options").replaceChildren();
  const { properties } = own[verb()].options;
  for (const [key, field] of Object.entries(properties)) {
    if (key === "prompt") continue;
    const id = "option-" + key;
    const cell = make("div");
    const input = make("input", "", { id, title: field.description ?? "", placeholder: String(field.default ?? "") });
    input.dataset.key = key;
    input.dataset.kind = [field.type].flat()[0];
    cell.append(make("label", key, { htmlFor: id }), input);
    at("options").append(cell);
  }
}

function hintOf(schema) {
  const [first] = schema.anyOf ?? [schema];
  if (first.description) return first.description;
  if (first.type === "string") return "A text.";
  const named = (schema.anyOf ?? []).find((one) => one.properties);
  const columns = named ? ": " + Object.keys(named.properties).slice(0, 12).join(", ") : "";
  return "Numbers with commas between" + columns + "; or JSON.";
}

function inputOf(text) {
  const schemas = model.predict.input.anyOf ?? [model.predict.input];
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) { try { return JSON.parse(trimmed); } catch {} }
  if (schemas[0].type === "array") return trimmed.split(/[\s,;]+/).map(Number);
  return text;
}

function optionsOf() {
  const given = {};
  for (const input of at("options").querySelectorAll("input")) {
    const { key, kind } = input.dataset;
    const value = input.value.trim();
    if (value === "") continue;
    given[key] = kind === "number" ? Number(value) : kind === "boolean" ? value === "true" : value;
  }
  return given;
}

function fail(error) {
  at("answer").hidden = false;
  at("status").textContent = "";
  at("said").replaceChildren(make("p", shown(error.message), { className: "error" }));
}

function tell(output, milliseconds) {
  at("status").textContent = "in " + milliseconds.toFixed(1) + " ms";
  const probabilities = output && output.probabilities;
  const parts = [];
  if (probabilities && !Array.isArray(probabilities)) {
    const bars = make("div", "", { className: "bars" });
    const all = Object.entries(probabilities).sort((a, b) => b[1] - a[1]).slice(0, 12);
    for (const [name, value] of all) {
      const percent = (100 * value).toFixed(1) + " %";
      const bar = make("progress", percent, { max: 1, value });
      bar.setAttribute("aria-label", shown(name));
      bars.append(make("span", shown(name)), bar, make("span", percent));
    }
    parts.push(bars);
  }
  if (parts.length === 0) parts.push(make("p", shown(JSON.stringify(output, null, 2)), { className: "text" }));
  at("said").replaceChildren(...parts);
}

function curlOf(path, body) {
  const quoted = "'" + JSON.stringify(body).replaceAll("'", "'\\''") + "'";
  const lines = ["curl -N " + new URL(path, location.href).href, "-H 'content-type: application/json'"];
  if (token !== "") lines.push('-H "authorization: Bearer $TOKEN"');
  lines.push("-d " + quoted);
  at("curl").textContent = shown(lines.join(" \\\n  "));
}

async function write(path, body) {
  stop = new AbortController();
  at("stop").hidden = false;
  const out = make("p", body.prompt ? shown(body.prompt) : "", { className: "text" });
  at("said").replaceChildren(out);
  at("status").textContent = "writing";
  try {
    const response = await ask(path, body, stop.signal);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      held += value;
      const blocks = held.split("\n\n");
      held = blocks.pop();
      for (const block of blocks) event(block, out);
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    at("status").textContent = "stopped";
  } finally {
    at("stop").hidden = true;
  }
}

function event(block, out) {
  const [name, data] = block.split("\n").map((line) => line.slice(line.indexOf(": ") + 2));
  const said = JSON.parse(data);
  if (name === "text") out.append(shown(said.text));
  if (name === "done") at("status").textContent = said.pieces + " pieces";
  if (name === "error") throw new Error(said.message);
}

async function submit() {
  const path = "v1/models/" + model.name + "/" + verb();
  const options = optionsOf();
  const text = at("input").value;
  at("answer").hidden = false;
  try {
    if (verb() === "generate") {
      const body = { ...options, ...(text !== "" && !at("input").hidden && { prompt: text }) };
      curlOf(path, body);
      await write(path, body);
      return;
    }
    const body = { input: inputOf(text), ...(Object.keys(options).length > 0 && { options }) };
    curlOf(path, body);
    const start = performance.now();
    const { output } = await (await ask(path, body)).json();
    tell(output, performance.now() - start);
  } catch (error) {
    fail(error);
  }
}

at("form").addEventListener("submit", (event) => { event.preventDefault(); void submit(); });
at("stop").addEventListener("click", () => stop.abort());
at("input").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  void submit();
});
at("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value;
  void begin();
});
void begin();
`;
