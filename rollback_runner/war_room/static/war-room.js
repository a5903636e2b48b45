// Keeps the open page as the server has it: replaces sections that changed, runs the clocks, and says when news stopped.
"use strict";

const room = document.getElementById("room");
const live = document.getElementById("live");
const mine = document.getElementById("s-mine");
const language = document.documentElement.lang;
let ahead = Number(room.dataset.now) - Date.now() / 1000; // how far the server's clock is ahead of this one
let heard = performance.now();
let looked = 0;
let stale = false;

const now = () => Date.now() / 1000 + ahead;
const two = (number) => String(number).padStart(2, "0");

function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const at = now();
  for (const timer of document.querySelectorAll(".timer[data-since]")) {
    const passed = at - Number(timer.dataset.since);
    set(timer, duration(passed));
    const budget = Number(timer.dataset.budget);
    if (budget) timer.classList.toggle("grave", passed > budget);
  }
  for (const meter of document.querySelectorAll(".meter[data-since]")) {
    const share = (at - Number(meter.dataset.since)) / Number(meter.dataset.budget);
    meter.querySelector(".full").setAttribute("width", String(Math.min(100, Math.max(0, share * 100))));
    meter.classList.toggle("grave", share > 1);
    meter.classList.toggle("warn", share > 0.8 && share <= 1);
  }
  const clock = document.getElementById("clock");
  const shown = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: clock.dataset.zone };
  set(clock, new Intl.DateTimeFormat("en-GB", shown).format(new Date(at * 1000)));
  const silent = (performance.now() - heard) / 1000;
  const old = looked ? at - looked : 0;
  const [state, text] =
    silent > 12 ? ["lost", live.dataset.lost]
    : old > 15 ? ["stale", live.dataset.stale.replace("{}", String(Math.round(old)))]
    : ["live", live.dataset.live];
  live.className = `live ${state}`;
  set(live.querySelector("b"), text);
}

// Only what a section's own template made is put in: everything from the record was escaped by the server.
function put(element, html) {
  const open = new Map();
  for (const part of element.querySelectorAll("details[data-key]")) open.set(part.dataset.key, part.open);
  const place = element.scrollTop;
  element.innerHTML = html;
  for (const part of element.querySelectorAll("details[data-key]")) {
    if (open.has(part.dataset.key)) part.open = open.get(part.dataset.key);
  }
  element.scrollTop = place;
  tick();
}

function editing() {
  if (mine.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return true;
  return [...mine.querySelectorAll("textarea, form.say input:not([type=hidden]), select")].some((field) => field.value);
}

async function ask() {
  if (editing()) { stale = true; return; } // what somebody is writing is never taken away
  stale = false;
  try {
    const answer = await fetch(room.dataset.mine, { credentials: "same-origin" });
    if (answer.ok) put(mine, await answer.text());
  } catch { /* the next change asks again */ }
}

// A draft outlives a page that was loaded anew: a word that was refused need not be written twice.
const drafts = (form) => `rr-draft-${form.elements.incident.value}-${form.elements.item.value}`;
mine.addEventListener("input", (event) => {
  const form = event.target.closest("form.say");
  if (!form) return;
  const kept = {};
  for (const field of form.elements) if (field.name && field.type !== "hidden" && field.value) kept[field.name] = field.value;
  try { sessionStorage.setItem(drafts(form), JSON.stringify(kept)); } catch { /* then it is not kept */ }
});
function restore() {
  const said = new URLSearchParams(location.search).get("said");
  for (const form of mine.querySelectorAll("form.say")) {
    try {
      if (said && said.startsWith(`${form.elements.item.value}.`)) sessionStorage.removeItem(drafts(form));
      const kept = JSON.parse(sessionStorage.getItem(drafts(form)) || "{}");
      for (const [name, value] of Object.entries(kept)) {
        if (form.elements[name] && form.elements[name].type !== "hidden") form.elements[name].value = value;
      }
      if (Object.keys(kept).length) form.closest("details").open = true;
    } catch { /* then there is no draft */ }
  }
  if (said) history.replaceState(null, "", `${location.pathname}?lang=${language}`);
}
mine.addEventListener("focusout", () => setTimeout(() => { if (stale && !editing()) ask(); }, 200));
mine.addEventListener("submit", (event) => {
  const button = event.submitter;
  const note = event.target.querySelector("textarea[name=note]");
  if (button && button.value === "decline" && note && !note.value.trim()) {
    event.preventDefault();
    note.setCustomValidity(button.title);
    note.reportValidity();
    note.addEventListener("input", () => note.setCustomValidity(""), { once: true });
  }
});

let source = null;
function listen() {
  if (source) source.close();
  source = new EventSource(room.dataset.live);
  source.addEventListener("section", (event) => {
    const { name, html } = JSON.parse(event.data);
    const element = document.getElementById(`s-${name}`);
    if (element) put(element, html);
  });
  source.addEventListener("beat", (event) => {
    const beat = JSON.parse(event.data);
    heard = performance.now();
    looked = beat.looked;
    ahead = beat.now - Date.now() / 1000;
    tick();
  });
  let first = true;
  source.addEventListener("people", () => { if (!first) ask(); first = false; });
  source.addEventListener("out", () => { source.close(); location.assign("/sign-in"); });
  source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000); });
}

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("rr-theme", root.dataset.theme); } catch { /* for this page only, then */ }
});

restore();
listen();
tick();
setInterval(tick, 1000);
