import type { Call } from "./call.js";
import { PAGE_SCRIPT } from "./page-script.js";
import { PAGE_STYLE } from "./page-style.js";

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Unrolled models</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body>
<header><h1>Unrolled</h1><p>Try the models of this server. <a href="openapi.json">OpenAPI</a> · <a href="metrics">metrics</a></p></header>
<main>
<noscript><p class="error">This page needs JavaScript; <a href="openapi.json">what can be asked</a> is in OpenAPI.</p></noscript>
<form id="token-form" hidden>
<label for="token">Token of the server</label>
<div class="row"><input id="token" type="password" autocomplete="off" required><button>Use it</button></div>
</form>
<form id="form" hidden>
<fieldset id="models"><legend>Model</legend></fieldset>
<label for="input" id="input-label">Input</label>
<textarea id="input" rows="5" spellcheck="false" aria-describedby="hint"></textarea>
<p id="hint" class="hint"></p>
<div id="options"></div>
<div class="row"><button id="ask">Ask</button><button id="stop" type="button" hidden>Stop</button><span class="hint">Ctrl+Enter</span></div>
</form>
<section aria-labelledby="answer-title" id="answer" hidden>
<h2 id="answer-title">Answer</h2>
<p id="status" role="status" class="hint"></p>
<div id="said"></div>
<details><summary>The same with curl</summary><pre id="curl" tabindex="0"></pre></details>
</section>
</main>
</body>
</html>
`;

/** Nothing but this server's own files runs or is shown; no other page may show this one. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const FILES = {
  "/": ["text/html; charset=utf-8", HTML],
  "/page.css": ["text/css; charset=utf-8", PAGE_STYLE],
  "/page.js": ["text/javascript; charset=utf-8", PAGE_SCRIPT],
} as const;

/** The paths of the page to try models at, which knows nothing: it asks as any client does. */
export const PAGE_PATHS = Object.keys(FILES) as (keyof typeof FILES)[];

export function pageFile(call: Call, path: keyof typeof FILES): Response {
  const [type, text] = FILES[path];
  return call.text(200, text, {
    "content-type": type,
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
  });
}
