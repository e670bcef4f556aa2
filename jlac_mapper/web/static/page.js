"use strict";
// Everything works without this script; it saves page loads, adds keys and announces what happened.

const main = () => document.getElementById("main");
const live = document.getElementById("live");
let busy = false;

function announce() {
  const text = [...main().querySelectorAll("[data-announce]")].map((node) => node.textContent.trim()).join(" ");
  live.textContent = "";
  if (text) setTimeout(() => { live.textContent = text; }, 50);
}

async function swap(response, remember) {
  const url = new URL(response.url);
  const type = response.headers.get("content-type") || "";
  // A page of another layout (signed out, another facility, a defect) is loaded as a whole.
  if (!type.startsWith("text/html") || url.pathname.startsWith("/sign-in")) {
    location.assign(url.pathname.startsWith("/sign-in") ? url : location.href);
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("main");
  document.title = page.title;
  main().replaceWith(document.adoptNode(fresh));
  const here = document.querySelector(".language input[name=back]");
  const there = page.querySelector(".language input[name=back]");
  if (here && there) here.value = there.value;
  if (remember) history.pushState(null, "", response.url);
  ready();
  scrollTo(0, 0);
  const problem = main().querySelector(".problem[role=alert]");
  const target = main().querySelector("h1") || main();
  if (problem) problem.tabIndex = -1;
  (problem || target).focus({ preventScroll: true });
  announce();
}

async function send(form, button) {
  if (busy) return;
  busy = true;
  main().setAttribute("aria-busy", "true");
  const fields = new URLSearchParams(new FormData(form));
  if (button && button.name) fields.set(button.name, button.value);
  const action = (button && button.getAttribute("formaction")) || form.getAttribute("action");
  try {
    await swap(await fetch(action, { method: "POST", body: fields, redirect: "follow", headers: { "X-Swap": "1" } }), true);
  } catch {
    busy = false;
    form.removeAttribute("data-swap");
    form.requestSubmit(button || undefined); // the browser says itself what is wrong with the network
  } finally {
    busy = false;
    main().removeAttribute("aria-busy");
  }
}

// The item comes first; how far the queue is may take a moment longer.
async function loadProgress(place) {
  const response = await fetch(place.dataset.progress);
  if (!response.ok || new URL(response.url).pathname.startsWith("/sign-in")) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  place.replaceWith(...page.body.childNodes);
}

async function search(form) {
  const query = new URLSearchParams({ q: form.q.value, item: form.dataset.item });
  const response = await fetch(`${form.dataset.search}?${query}`);
  if (!response.ok || new URL(response.url).pathname.startsWith("/sign-in")) { location.reload(); return; }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  document.getElementById("found").replaceChildren(...page.body.childNodes);
  const first = document.querySelector("#found input[type=radio]");
  if (first) { first.checked = true; first.focus(); }
  announce();
}

async function poll(node) {
  try {
    const response = await fetch(node.dataset.poll);
    const job = await response.json();
    const bar = node.querySelector("progress");
    if (bar) bar.value = job.share;
    const text = document.getElementById("job-text");
    if (text.textContent !== job.text) text.textContent = job.text;
    if (job.over) { location.reload(); return; }
  } catch { /* the server may be starting anew; ask again */ }
  setTimeout(poll, 500, node);
}

// Moments stand in the server's zone; whoever reads may be in another one. UTC is in the title.
function localTimes() {
  const zone = new Intl.DateTimeFormat(document.documentElement.lang, { timeZoneName: "short" });
  for (const node of main().querySelectorAll("time[datetime]")) {
    const at = new Date(node.dateTime);
    const two = (number) => String(number).padStart(2, "0");
    const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    const name = zone.formatToParts(at).find((part) => part.type === "timeZoneName").value;
    node.textContent = `${day} ${two(at.getHours())}:${two(at.getMinutes())} ${name}`;
  }
}

// --- the table

const ticks = () => [...main().querySelectorAll("[data-row] input[name=ticked]")];
let lastTicked = null;

function countTicked() {
  const count = ticks().filter((box) => box.checked).length;
  for (const node of main().querySelectorAll("[data-ticked]")) {
    node.textContent = count ? node.dataset.text.replace("{count}", count) : "";
  }
}

function tickAll() {
  const boxes = ticks();
  const all = boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = !all;
  countTicked();
}

function tick(box, isRange) {
  const boxes = ticks();
  const from = boxes.indexOf(lastTicked);
  if (isRange && from >= 0) {
    const to = boxes.indexOf(box);
    for (const one of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  }
  lastTicked = box;
  countTicked();
}

// Returns whether the key was one of the table's.
function moveInTable(event) {
  const rows = [...main().querySelectorAll("[data-row]")];
  if (!rows.length) return false;
  const place = rows.indexOf(event.target.closest("[data-row]"));
  const by = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  // Before the first row is entered, arrows scroll the page as they always do.
  if (by && (place >= 0 || event.key.length === 1)) {
    const row = rows[Math.max(0, Math.min(rows.length - 1, place < 0 ? 0 : place + by))];
    (row.querySelector("input[name=ticked]") || row.querySelector("a")).focus();
  } else if (event.key === "x" && place >= 0) {
    const box = rows[place].querySelector("input[name=ticked]");
    if (box) { box.checked = !box.checked; tick(box, false); }
  } else if (event.key === "Enter" && place >= 0) {
    rows[place].querySelector("a").click();
  } else return false;
  event.preventDefault();
  return true;
}

function ready() {
  localTimes();
  lastTicked = null;
  countTicked();
  for (const fold of main().querySelectorAll("[data-wide-open]")) fold.open = matchMedia("(min-width: 60rem)").matches;
  const print = main().querySelector("[data-print]");
  if (print) print.hidden = false;
  const help = document.querySelector("[data-help]");
  if (help) help.hidden = false;
  const toggle = document.getElementById("keys-on");
  if (toggle) {
    toggle.checked = localStorage.getItem("keys") !== "off";
    toggle.addEventListener("change", () => localStorage.setItem("keys", toggle.checked ? "on" : "off"));
  }
  const progress = document.querySelector("[data-progress]");
  if (progress) loadProgress(progress).catch(() => {});
  const job = document.querySelector("[data-poll]");
  if (job) poll(job);
}

function press(button) {
  if (button.matches("[data-help]")) document.getElementById("help").showModal();
  else button.click();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-swap]")) { event.preventDefault(); send(form, event.submitter); }
  else if (form.matches("[data-search]")) { event.preventDefault(); search(form); }
});

document.addEventListener("click", (event) => {
  if (event.target.matches("[data-row] input[name=ticked]")) tick(event.target, event.shiftKey);
  if (event.target.closest("[data-tick-all]")) { event.preventDefault(); tickAll(); }
  if (event.target.closest("[data-print]")) print();
  if (event.target.closest("[data-help]")) document.getElementById("help").showModal();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
  if (document.querySelector("dialog[open]")) return;
  const at = event.target;
  if (at.matches("textarea, select, input:not([type=radio]):not([type=checkbox])")) {
    if (event.key === "Escape") main().querySelector("h1").focus();
    return;
  }
  // Enter on a link, a button or a fold does what it always does.
  if (event.key === "Enter" && at.matches("a, button, summary")) return;
  if (event.key.length === 1 && localStorage.getItem("keys") === "off") return;
  if (moveInTable(event)) return;
  if (event.key === "/") {
    const box = document.getElementById("q") || document.getElementById("find");
    if (box) { event.preventDefault(); box.focus(); box.select(); }
    return;
  }
  if (/^[0-5]$/.test(event.key)) {
    const radio = document.querySelector(`[data-digit="${event.key}"]`);
    if (radio) { event.preventDefault(); radio.checked = true; radio.focus(); }
    return;
  }
  const button = [...main().querySelectorAll("[data-key]")].find((node) => node.dataset.key === event.key);
  if (button && !button.disabled) { event.preventDefault(); press(button); }
});

addEventListener("popstate", async () => {
  try { await swap(await fetch(location.href), false); } catch { location.reload(); }
});

ready();
announce();
