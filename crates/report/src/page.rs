//! The frame of a document: one file with its style, readable in the light and in the dark.

use crate::escaped;

/// What a browser may fetch for the document: nothing, and no script runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2330; --quiet: #5b6575; --line: #dfe3ea; --card: #f7f8fa;
  --reference: #4477aa; --current: #d1590c; --alarm: #b3261e; --alarm-paper: #fbe9e7; --calm: #23713b; --calm-paper: #e6f4ea; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #e4e8ef; --quiet: #9aa5b5; --line: #2c3440; --card: #1b212a;
  --reference: #6fa3dc; --current: #ff9a4d; --alarm: #ff8a80; --alarm-paper: #3a1f1f; --calm: #7fd196; --calm-paper: #1a3022; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 8px; }
h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 0 0 2px; overflow-wrap: anywhere; }
p { margin: 0 0 8px; max-width: 75ch; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.verdict { border-left: 6px solid; padding: 12px 18px; margin: 0 0 20px; border-radius: 4px; }
.verdict.alarm { border-color: var(--alarm); background: var(--alarm-paper); }
.verdict.calm { border-color: var(--calm); background: var(--calm-paper); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 11px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th { color: var(--quiet); font-weight: 600; }
td.wide { white-space: normal; overflow-wrap: anywhere; }
th.number, td.number { text-align: right; }
.mark { font-size: 12px; font-weight: 600; padding: 1px 8px; border-radius: 9px; }
.mark.alarm { color: var(--alarm); background: var(--alarm-paper); }
.mark.calm { color: var(--calm); background: var(--calm-paper); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 16px; align-items: start; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; }
.card.alarm { border-color: var(--alarm); }
.card p { font-size: 13px; }
svg .others { font-style: italic; }
.key { display: inline-block; width: 11px; height: 11px; margin: 0 5px 0 12px; border-radius: 2px; }
.key.reference { background: var(--reference); opacity: .55; }
.key.reference, .key.first { margin-left: 0; }
.key.current { background: var(--current); }
svg { display: block; width: 100%; height: auto; margin-top: 8px; }
svg text { font: 11px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: var(--quiet); }
svg .end { text-anchor: end; }
svg rect.reference { fill: var(--reference); opacity: .55; }
svg rect.current { fill: var(--current); }
svg path.current { fill: none; stroke: var(--current); stroke-width: 1.8; }
svg .axis { stroke: var(--line); }
footer { margin-top: 44px; border-top: 1px solid var(--line); padding-top: 14px; font-size: 13px; }
@media print { .card { break-inside: avoid; } }
";

/// A whole document. The title is text; the content is markup.
pub(crate) fn page(title: &str, content: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{content}</main>\n</body>\n</html>\n"
    )
}
