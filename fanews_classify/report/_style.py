"""The look of a page: light and dark, screen, phone and paper."""

from __future__ import annotations

from typing import Final

# Fonts that the reader's machine has; nothing is fetched.
STYLE: Final = """\
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1b1b; --quiet: #595959;
  --line: #d5d5d5; --shade: #f4f5f6; --blue: #0072b2; --orange: #b87800; --right: #56b4e9;
  --wrong: #d55e00; --bar: #bfe0f5; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181b; --ink: #e9e9e9; --quiet: #a9aeb3;
  --line: #3d4247; --shade: #1e2226; --blue: #56b4e9; --orange: #e69f00; --right: #0072b2;
  --wrong: #b54d00; --bar: #0b4a70; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1rem; max-width: 68rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, "Segoe UI", Vazirmatn, Tahoma, "DejaVu Sans",
  sans-serif; overflow-wrap: break-word; }
[lang="fa"] { font-family: Vazirmatn, Tahoma, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .5rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
a { color: var(--blue); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
nav a { display: inline-block; padding: .25rem 0; }
code { font: .875em ui-monospace, "DejaVu Sans Mono", Consolas, monospace; color: var(--quiet);
  overflow-wrap: anywhere; }
.quiet, figcaption { color: var(--quiet); font-size: .875rem; }
.scores { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; margin: 1rem 0; }
.scores div { flex: 1 1 9rem; background: var(--shade); border-radius: .5rem; padding: .75rem; }
.scores dt { color: var(--quiet); font-size: .875rem; }
.scores dd { margin: 0; }
.scores b { font-size: 1.5rem; line-height: 1.3; display: block; }
.scroll { overflow-x: auto; max-width: 100%; background: /* shadows where there is more */
  linear-gradient(to right, var(--paper) 40%, transparent) left / 2rem 100% no-repeat local,
  linear-gradient(to left, var(--paper) 40%, transparent) right / 2rem 100% no-repeat local,
  linear-gradient(to right, var(--line), transparent) left / .5rem 100% no-repeat scroll,
  linear-gradient(to left, var(--line), transparent) right / .5rem 100% no-repeat scroll; }
.scroll:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .9375rem; margin: .5rem 0;
  font-variant-numeric: tabular-nums; }
p.above { margin: .75rem 0 0; max-width: 48rem; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: start;
  vertical-align: top; }
thead th { font-size: .8125rem; color: var(--quiet); font-weight: 600; vertical-align: bottom; }
tbody th, td { overflow-wrap: anywhere; }
tbody th { font-weight: 400; min-width: 6rem; max-width: 22rem; }
tbody .label { display: inline-block; min-width: 8rem; }
.label code { display: inline-block; max-width: 100%; }
td.number { text-align: end; white-space: nowrap; }
td.bar { min-width: 6rem; background: linear-gradient(to right, var(--bar) var(--part),
  transparent 0) no-repeat .3rem .3rem / calc(100% - .6rem) 1.45rem; }
.pair { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%,
  28rem), 1fr)); align-items: start; }
figure { margin: 1rem 0; min-width: 0; }
figure svg { display: block; max-width: 100%; height: auto; stroke-linejoin: round; }
figure.wide svg { max-width: none; }
figcaption { margin-top: .25rem; max-width: 42rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; margin: .75rem 0; }
article dl, dl.facts { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 .5rem; }
article dl div, dl.facts div { min-width: 0; overflow-wrap: anywhere; }
article dt, dl.facts dt { color: var(--quiet); font-size: .8125rem; }
article dd, dl.facts dd { margin: 0; }
.text { background: var(--shade); border-radius: .25rem; padding: .5rem .75rem; line-height: 1.9; }
dl.card { margin: .5rem 0; }
dl.card dt { font-weight: 600; margin-top: .5rem; }
dl.card dd { margin: 0; overflow-wrap: anywhere; max-width: 48rem; }
dl.card ul { margin: 0; padding-inline-start: 1.25rem; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .5rem; }
@media (max-width: 30rem) { body { padding: .75rem; } th, td { padding: .3rem .4rem; }
  figure.wide .scroll { margin-inline: -.75rem; padding-inline:
  .75rem; max-width: none; } }
@media print { :root { --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb; --shade: #f4f5f6;
  --blue: #0072b2; --orange: #b87800; --right: #56b4e9; --wrong: #d55e00; --bar: #bfe0f5; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10pt; } nav { display: none; }
  .scroll { overflow: visible; background: none; }
  figure, article, tr, .scores { break-inside: avoid; }
  figure.wide svg { max-width: 100%; } h2, h3, p.above { break-after: avoid; } }
"""
