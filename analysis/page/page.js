// Sorting, switching, hovering and saving; the page can be read without it.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const tip = document.getElementById("tip");
const MORE_ROWS = 100;
const NEAR = 24; // Pixels from a point that still are at it.

function make(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// --- Tables ---

function parseCsv(text) {
  const rows = [];
  let row = [], cell = "", quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') { cell += '"'; at++; }
      else quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === ",") { row.push(cell); cell = ""; }
    else if (letter === "\n") { row.push(cell); rows.push(row); row = []; cell = ""; }
    else cell += letter;
  }
  return rows;
}

const parsed = {};
function rowsOf(name) {
  if (!(name in parsed)) parsed[name] = parseCsv(data.csv[name] ?? "");
  return parsed[name];
}

// The first number in a cell: of "*97.33", ">=600", "1,906", "26.7 (6)".
function numberIn(text) {
  const found = text.replace(/(\d),(?=\d{3})/g, "$1").match(/^[*>=≥<\s]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i);
  return found ? parseFloat(found[1]) : NaN;
}

const isNothing = (text) => text === "" || text === "-" || text === "none";

function compare(one, other) {
  if (isNothing(one) || isNothing(other)) return isNothing(one) - isNothing(other);
  const [a, b] = [numberIn(one), numberIn(other)];
  if (!isNaN(a) && !isNaN(b) && a !== b) return a - b;
  return one.localeCompare(other, "en", { numeric: true });
}

// Sorted by the cells of a key; what has nothing there stays at the end.
function sorted(items, key, descending) {
  const order = (one, other) => {
    const [a, b] = [key(one), key(other)];
    if (isNothing(a) || isNothing(b)) return isNothing(a) - isNothing(b);
    return descending ? compare(b, a) : compare(a, b);
  };
  return [...items].sort(order);
}

function direction(head) {
  const descending = head.getAttribute("aria-sort") === "ascending";
  for (const each of head.closest("thead").querySelectorAll("[aria-sort]")) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  return descending;
}

function sortStatic(head) {
  const table = head.closest("table"), column = head.cellIndex;
  const descending = direction(head);
  const cell = (body) => body.rows[0].cells[column].textContent.trim();
  for (const body of sorted(table.tBodies, cell, descending)) table.append(body);
}

for (const table of document.querySelectorAll("table.sortable"))
  for (const button of table.querySelectorAll("th button"))
    button.addEventListener("click", () => sortStatic(button.closest("th")));

// A cell of CSV as it is shown: floats to five digits.
function shown(text) {
  return /^-?\d*\.\d{4,}(e-?\d+)?$/i.test(text) ? String(parseFloat(Number(text).toPrecision(5))) : text;
}

// A table that is made of its CSV when it is opened.
function fill(details) {
  const name = details.dataset.table;
  if (!(name in data.csv) || details.querySelector("table")) return;
  const [heads, ...rows] = rowsOf(name);
  const columns = heads.map((_, column) => column);
  const isWhole = !data.cut.includes(name); // Else nobody knows what is in all rows.
  const isSame = (column) => isWhole && rows.length > 1 && rows.every((row) => row[column] === rows[0][column]);
  const varied = columns.filter((column) => !isSame(column));
  const same = columns.filter((column) => isSame(column) && rows[0][column] !== "");
  const table = make("table"), body = make("tbody"), head = table.createTHead().insertRow();
  const isText = (column) => rows.some((row) => row[column] !== "" && isNaN(Number(row[column])));
  const texts = new Set(varied.filter(isText));
  let found = rows, ordered = rows, count = MORE_ROWS;

  const more = make("button", "", { type: "button" });
  const search = make("input", undefined, { type: "search", placeholder: "Only rows with …", "aria-label": "Only rows with this text" });
  const told = make("span", "", { role: "status" });

  function show() {
    const lines = found.slice(0, count).map((row) => {
      const line = make("tr");
      for (const column of varied) {
        const cell = line.appendChild(make("td", shown(row[column])));
        if (texts.has(column)) cell.className = "text";
      }
      return line;
    });
    body.replaceChildren(...lines);
    told.textContent = `${lines.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
    more.textContent = `${Math.min(MORE_ROWS, found.length - count)} more`;
    more.hidden = found.length <= count;
  }
  function choose() {
    const wanted = search.value.toLowerCase();
    found = ordered.filter((row) => row.some((cell) => cell.toLowerCase().includes(wanted)));
    show();
  }
  for (const column of varied) {
    const cell = head.appendChild(make("th", undefined, { scope: "col" }));
    const button = cell.appendChild(make("button", heads[column].replaceAll("_", " "), { type: "button" }));
    button.addEventListener("click", () => {
      ordered = sorted(rows, (row) => row[column], direction(cell));
      choose();
    });
  }
  more.addEventListener("click", () => { count += MORE_ROWS; show(); });
  search.addEventListener("input", () => { count = MORE_ROWS; choose(); });
  table.append(body);
  const scroll = make("div", undefined, { class: "scroll", tabindex: 0, role: "region", "aria-label": name });
  scroll.append(table);
  details.querySelector(".tools").append(search, told, more);
  if (same.length) {
    const all = same.map((column) => `${heads[column]} ${shown(rows[0][column])}`).join(", ");
    details.append(make("p", `In all rows: ${all}.`, { class: "hint" }));
  }
  details.append(scroll);
  show();
}

for (const details of document.querySelectorAll("details.table")) {
  details.addEventListener("toggle", () => details.open && fill(details));
  details.querySelector(".csv")?.addEventListener("click", (event) => {
    const name = details.dataset.table;
    const link = event.currentTarget;
    link.href = URL.createObjectURL(new Blob([data.csv[name]], { type: "text/csv" }));
    link.download = `${name}.csv`;
  });
}

// --- Figures ---

// Experiment and level -> their runs.
const keyOf = (experiment, level) => JSON.stringify([experiment, level]);
const byPlace = new Map(data.runs.places.map(([experiment, level, runs]) => [keyOf(experiment, level), runs]));
function runsOf(of) {
  const column = data.runs.columns.indexOf(of.column);
  const found = (byPlace.get(keyOf(of.experiment, of.level)) ?? []).map(([trial, run, folder, ...values]) => ({
    trial, run, folder: data.runs.base + folder, value: typeof values[column] === "number" ? of.scale * values[column] : null,
  }));
  const known = found.filter((run) => run.value !== null); // Some ended in NaN.
  return [found, known].find((runs) => of.runs === undefined || of.runs === runs.length) ?? []; // None: of others.
}

const MOST_RUNS = 8; // That are named at a point.

function ofRun(run) {
  const short = (value) => Number(value.toPrecision(5)).toLocaleString("en", { maximumFractionDigits: 6 });
  return `trial ${run.trial}${run.run ? `, run ${run.run}` : ""}${run.value === null ? "" : `: ${short(run.value)}`}`;
}

function tell(chart, line, at) {
  const entry = line.entry === null ? undefined : chart.entries[line.entry][0];
  const of = line.of ? line.of[line.of.length === 1 ? 0 : at] : {};
  const runs = of.each ?? runsOf(of);
  const count = of.runs ?? of.n ?? (runs.length || undefined);
  tip.replaceChildren();
  tip.append(make("b", [line.panel, entry].filter(Boolean).join(" · ") || chart.yLabel));
  tip.append(make("div", `${chart.yLabel}: ${line.y[at]}`));
  if (line.low && line.low[at] !== line.high[at]) tip.append(make("div", `lowest to highest: ${line.low[at]} to ${line.high[at]}`));
  tip.append(make("div", `${chart.xLabel}: ${line.x[at]}${of.level === undefined ? "" : ` (level ${of.level})`}`));
  if (count !== undefined) tip.append(make("div", `n = ${count}`));
  if (!runs.length) return;
  const list = make("ul");
  for (const run of runs.slice(0, MOST_RUNS)) {
    const item = make("li", ofRun(run));
    item.append(make("small", run.folder));
    list.append(item);
  }
  if (runs.length > MOST_RUNS) list.append(make("li", `and ${runs.length - MOST_RUNS} more`));
  tip.append(list);
}

function setUp(figure) {
  const chart = data.charts[figure.dataset.chart];
  const drawing = figure.querySelector(".drawing"), svg = drawing.querySelector("svg");
  if (!svg) return;
  const isOff = new Set();
  const mark = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  mark.setAttribute("class", "mark off");
  mark.setAttribute("r", 4.5);
  svg.append(mark);
  let here = null; // Line and number of the point that is told.

  const isShown = (line) => line.entry === null || !isOff.has(line.entry);
  const lines = () => chart.lines.filter((line) => isShown(line) && line.places.length);

  function hide() {
    tip.hidden = true;
    mark.classList.add("off");
    here = null;
  }
  function show(line, at) {
    here = { line, at };
    const [x, y] = line.places[at];
    mark.setAttribute("cx", x);
    mark.setAttribute("cy", y);
    mark.classList.remove("off");
    tell(chart, line, at);
    tip.hidden = false;
    const spot = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
    const left = spot.x + 16 + tip.offsetWidth > innerWidth ? spot.x - 16 - tip.offsetWidth : spot.x + 16;
    const top = Math.min(spot.y + 12, innerHeight - tip.offsetHeight - 8);
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, top)}px`;
  }
  function near(event) {
    const matrix = svg.getScreenCTM();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    let best = NEAR / matrix.a, found = null;
    for (const line of lines())
      line.places.forEach(([left, top], at) => {
        const distance = Math.hypot(left - x, top - y);
        if (distance < best) [best, found] = [distance, { line, at }];
      });
    return found;
  }
  const point = (event) => {
    const found = near(event);
    if (found) show(found.line, found.at);
    else hide();
  };
  drawing.addEventListener("pointermove", point);
  drawing.addEventListener("pointerdown", point);
  drawing.addEventListener("pointerleave", hide);
  drawing.addEventListener("blur", hide);
  drawing.addEventListener("keydown", (event) => {
    const all = lines();
    if (event.key === "Escape") return hide();
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!step || !all.length) return;
    event.preventDefault();
    if (!here || !all.includes(here.line)) return show(all[0], 0);
    const line = all[(all.indexOf(here.line) + step[0] + all.length) % all.length];
    const last = line.places.length - 1;
    show(line, Math.max(0, Math.min(last, here.at + step[1])));
  });

  const boxes = [...figure.querySelectorAll("[data-entry]")], all = figure.querySelector(".all");
  function switchTo(box, isOn) {
    const entry = Number(box.dataset.entry);
    box.checked = isOn;
    if (isOn) isOff.delete(entry);
    else isOff.add(entry);
    for (const id of chart.entries[entry][1]) document.getElementById(id)?.classList.toggle("off", !isOn);
    all?.setAttribute("aria-pressed", String(!isOff.size));
    hide();
  }
  for (const box of boxes) box.addEventListener("change", () => switchTo(box, box.checked));
  all?.addEventListener("click", () => {
    const isOn = isOff.size > 0;
    for (const box of boxes) switchTo(box, isOn);
  });
}

document.querySelectorAll("figure.chart").forEach(setUp);

// --- Commands ---

if (navigator.clipboard)
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = "Copied";
    });
  }
