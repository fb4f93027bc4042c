#include "rehearsal/control_page.h"

namespace delever::rehearsal {

const std::string_view kControlPage = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>delever rehearsal</title>
<meta name="viewport" content="width=device-width">
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:62rem;padding:0 1rem;
color:#1b1b1b;background:#fff}
@media (prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}}
table{border-collapse:collapse;margin:.5rem 0}td,th{
  padding:.15rem .8rem .15rem 0;text-align:left;font-variant-numeric:tabular-nums}
button,input,select{font:inherit;padding:.2rem .6rem;margin:.1rem}fieldset{
  border:1px solid #8888;margin:.6rem 0}
pre{overflow:auto;font-size:13px}#said{min-height:1.5em}
</style></head><body>
<p id="readings" hidden><a href="/">Readings</a></p>
<h1 id="name">Rehearsal</h1>
<p><span id="now"></span> <span id="pace"></span></p>
<p><button data-do="pause">Pause</button><button data-do="resume">Resume</button>
<button data-do="step">Step 1 s</button>
<label>speed <input id="speed" type="number" min="0" step="any" value="1" size="6"></label>
  <button id="set">Set</button></p>
<div id="market"></div>
<fieldset><legend>Push</legend>
<label>what <select id="push"><option>drop</option><option>withdraw</option>
  <option>depeg</option><option>halt</option><option>delay</option><option>disconnect</option>
  </select></label>
<label>asset <select id="asset"></select></label> <label>venue <select id="venue"></select>
  </label>
<label>percent <input id="percent" type="number" step="any" value="5" size="5"></label>
<label>seconds <input id="seconds" type="number" value="120" size="5"></label>
<label>ms <input id="ms" type="number" value="500" size="5"></label>
<button id="go">Push</button></fieldset>
<p id="said" role="status"></p>
<h2>Scorecard</h2><pre id="card"></pre>
<script>
const $ = (id) => document.getElementById(id);
const el = (tag, text) => { const e = document.createElement(tag); e.textContent = text;
  return e; };
const token = sessionStorage.getItem('delever-token');
const asks = token ? {Authorization: 'Bearer ' + token} : {};
const post = async (what, body) => {
  const r = await fetch('/control/' + what, {method: 'POST', headers: {...asks,
  'Content-Type': 'application/json'}, body: JSON.stringify(body || {})});
  const j = await r.json(); $('said').textContent = j.error ? j.error : what + ' done';
  if (!j.error) show(j);
};
const options = (id, list) => {
  if ($(id).length !== list.length) $(id).replaceChildren(...list.map((x) => el('option', x))); };
const table = (head, rows) => {
  const t = document.createElement('table'), h = document.createElement('tr');
  head.forEach((x) => h.append(el('th', x))); t.append(h);
  rows.forEach((r) => { const tr = document.createElement('tr');
  r.forEach((x) => tr.append(el('td', x))); t.append(tr); });
  return t;
};
function show(s) {
  $('name').textContent = s.scenario; $('now').textContent = s.now;
  $('pace').textContent = s.over ? 'over' : s.paused ?
  'paused' : 'speed ' + s.speed + (s.behind_seconds > 1 ?
  ', ' + s.behind_seconds.toFixed(1) + ' s behind' : '');
  options('asset', s.assets.map((a) => a.asset)); options('venue', s.venues.map((v) => v.venue));
  $('market').replaceChildren(
    table(['asset', 'price', 'worth'], s.assets.map((a) => [a.asset, a.price.toFixed(2),
  a.fundamental.toFixed(2)])),
    table(['venue', 'port', 'sockets', 'requests', ''], s.venues.map((v) => [v.venue, v.port,
  v.sockets, v.requests, v.halted ? 'halted' : ''])),
    table(['pushed at', 'what'], s.pushes.slice(-8).map((p) => [p.at, JSON.stringify(p.push)])));
}
document.querySelectorAll('button[data-do]').forEach((b) => b.onclick = () => post(b.dataset.do));
$('set').onclick = () => post('speed', {speed: Number($('speed').value)});
$('go').onclick = () => post('push', {push: $('push').value, asset: $('asset').value,
  venue: $('venue').value,
  percent: Number($('percent').value), seconds: Number($('seconds').value),
  ms: Number($('ms').value)});
const look = async () => { try {
  show(await (await fetch('/control/state', {headers: asks})).json()); }
  catch (e) { $('said').textContent = 'no answer'; } };
const card = async () => { try {
  const answer = await fetch('/control/scorecard.txt', {headers: asks});
  $('card').textContent = await answer.text(); } catch (e) {} };
$('readings').hidden = location.pathname === '/';
look(); card(); setInterval(look, 1000); setInterval(card, 5000);
</script></body></html>
)html";

}  // namespace delever::rehearsal
