// The style of every page that the program writes: one file, light and dark, no fonts or scripts to
// fetch. On a narrow screen charts keep their size inside `.chart`, which scrolls, so that their
// labels stay readable.
#pragma once

#include <string_view>

namespace delever::render {

inline constexpr std::string_view kPageStyle = R"(
:root{--bg:#fff;--fg:#1b1f24;--soft:#59636e;--line:#d8dee4;--card:#f6f8fa;--long:#cf5b4a;)"
                                               R"(--short:#3f8f6b;--blue:#2f6fb3;
--gold:#b7791f;--grey:#8b949e;--ok:#2a7a4f;--bad:#b3372a;--wait:#8a6d1d}
@media(prefers-color-scheme:dark){:root{--bg:#11151a;--fg:#e3e8ee;--soft:#9aa4af;--line:#2c343d;)"
                                               R"(--card:#181e25;
--long:#e07a69;--short:#5cb88e;--blue:#6aa5e0;--gold:#d9a441;--grey:#7d8690;--ok:#62c08f;)"
                                               R"(--bad:#e8776a;--wait:#d3b04c}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 )"
                                               R"(system-ui,sans-serif}
main{max-width:940px;margin:0 auto;padding:28px 20px 60px}h1{font-size:24px;margin:0 0 4px}
h2{font-size:17px;margin:34px 0 10px;border-bottom:1px solid var(--line);padding-bottom:4px}
a{color:var(--blue)}p,li{max-width:76ch;)"
                                               R"(overflow-wrap:anywhere})"
                                               R"(.soft{color:var(--soft)}small{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(205px,1fr));gap:10px;)"
                                               R"(margin:16px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.card b{display:block;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
.card>span{font-size:12.5px;color:var(--soft)}
.answer{font-size:17px;border-left:3px solid var(--gold);padding-left:12px}
.scroll{overflow-x:auto;max-width:100%}pre{font-size:12px}table{border-collapse:collapse;)"
                                               R"(width:100%;font-size:13px}
th{text-align:left;color:var(--soft);font-weight:600}
th,td{padding:5px 8px;border-bottom:1px solid var(--line);vertical-align:top}
th.n{text-align:right}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.state{display:inline-block;border-radius:10px;padding:0 8px;font-size:12px;border:1px solid;)"
                                               R"(white-space:nowrap}
.corroborated,.pass{color:var(--ok)}.single_source{color:var(--blue)}.conflicting,)"
                                               R"(.fail{color:var(--bad)}
.pending,.unknown{color:var(--wait)}
td:has(small){min-width:19ch}svg{width:100%;height:auto;margin:8px 0}
@media(max-width:700px){.chart{overflow-x:auto}.chart svg{width:720px;max-width:none})"
                                               R"(main{padding:18px 12px 40px})"
                                               R"(th,td{padding:4px 5px})"
                                               R"(td small{overflow-wrap:anywhere}}
svg .title{font:600 13px system-ui,sans-serif;fill:var(--fg)}
svg .tick{font:11px system-ui,sans-serif;fill:var(--soft)}svg .grid{stroke:var(--line);)"
                                               R"(stroke-width:1}
svg .label{paint-order:stroke;stroke:var(--bg);stroke-width:3px}
svg .zero{stroke:var(--grey)}svg .line{fill:none;stroke-width:1.8}svg .dashed{stroke-dasharray:5 4}
svg .mark{stroke:var(--gold);stroke-width:1.2;stroke-dasharray:3 3}
)";

}  // namespace delever::render
