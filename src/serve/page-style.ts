/** How the page to try models looks: ink on paper, or the other way round where the reader's pages are dark. */
export const PAGE_STYLE = `
:root{--ink:#222;--faint:#595f66;--paper:#fff;--card:#f6f7f8;--rule:#c9cdd2;--accent:#126ad0;--on-accent:#fff;--bad:#8a3a00}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#9aa4b0;--paper:#0d1117;--card:#161b22;--rule:#39414b;--accent:#3ac4ff;--on-accent:#06202b;--bad:#f0944d}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0 auto;max-width:46rem;padding:1.5rem 1rem 4rem;color:var(--ink);background:var(--paper);font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
header{border-bottom:1px solid var(--rule);margin-bottom:1.5rem}
h1{font-size:1.5rem;margin:0}
header p{margin:.2rem 0 1rem;color:var(--faint)}
h2{font-size:1.1rem;margin:2rem 0 .3rem}
a{color:var(--accent)}
label,legend{display:block;font-weight:600;margin:1rem 0 .3rem;padding:0}
fieldset{border:0;margin:0;padding:0;min-width:0}
fieldset label{display:flex;gap:.6rem;align-items:baseline;font-weight:400;margin:0;padding:.35rem 0;overflow-wrap:anywhere}
textarea,input:not([type=radio]),select{width:100%;padding:.5rem .6rem;border:1px solid var(--faint);border-radius:4px;background:var(--paper);color:var(--ink);font:15px/1.5 ui-monospace,"DejaVu Sans Mono",Consolas,monospace}
textarea{resize:vertical}
input[type=radio]{accent-color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.hint{color:var(--faint);margin:.3rem 0;font-size:.9rem}
.error{color:var(--bad)}
.row{display:flex;flex-wrap:wrap;gap:.8rem;align-items:center;margin-top:1rem}
.row input{flex:1 1 12rem;width:auto}
button{min-height:2.75rem;padding:.4rem 1.4rem;border:1px solid var(--accent);border-radius:4px;background:var(--accent);color:var(--on-accent);font:600 1rem/1 inherit;font-family:inherit;cursor:pointer}
button[type=button]{background:var(--paper);color:var(--accent)}
#options{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:0 1rem}
#said,pre{padding:.8rem;border-radius:4px;background:var(--card);overflow-x:auto}
pre,.text{margin:0;font:14px/1.6 ui-monospace,"DejaVu Sans Mono",Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.bars{display:grid;grid-template-columns:fit-content(45%) minmax(3rem,1fr) max-content;gap:.2rem .8rem;align-items:center;font-variant-numeric:tabular-nums}
.bars span{overflow-wrap:anywhere}
progress{width:100%;height:.7rem;border:0;border-radius:0;background:var(--rule);appearance:none}
progress::-webkit-progress-bar{background:var(--rule)}
progress::-webkit-progress-value{background:var(--accent)}
progress::-moz-progress-bar{background:var(--accent)}
summary{cursor:pointer;padding:.5rem 0;color:var(--faint)}
details{margin-top:.6rem}
`;
