// What a reader does; what is found goes into an element, as JSON.
(async () => {
const all = (where, from = document) => [...from.querySelectorAll(where)];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const found = {hacked: window.hacked ?? null};
const column = (table, at) => all("tbody tr:first-child", table).map((row) => row.cells[at].textContent);

const table = document.querySelector('[data-table="table"] table');
const heads = all("th", table), at = heads.findIndex((head) => head.textContent.startsWith("accuracy"));
found.unsorted = column(table, at);
heads[at].querySelector("button").click();
found.ascending = [column(table, at), heads[at].getAttribute("aria-sort")];
heads[at].querySelector("button").click();
found.descending = [column(table, at), heads[at].getAttribute("aria-sort")];

const beside = document.querySelector('[data-table="comparison"] table');
all("th button", beside)[0].click();
all("th button", beside)[0].click();
found.together = all("tbody", beside).map((body) => all("tr", body).map((row) => row.cells[2].textContent));

const runs = document.querySelector('[data-table="runs"]');
runs.open = true;
await wait(100);
found.rows = all("tbody tr", runs).length;
const search = runs.querySelector("input");
search.value = "trial2/2/reinit3";
search.dispatchEvent(new Event("input"));
found.filtered = all("tbody tr", runs).map((row) => row.cells[0].textContent);
search.value = "";
search.dispatchEvent(new Event("input"));
const names = all("th", runs).map((head) => head.textContent);
all("th button", runs)[names.indexOf("accuracy")].click();
found.first = all("tbody tr", runs)[0].cells[names.indexOf("accuracy")].textContent;

const link = runs.querySelector(".csv");
link.addEventListener("click", (event) => event.preventDefault());
link.click();
found.csv = [link.download, data.csv.runs, link.href.slice(0, 5)];

const figure = document.querySelector('[data-chart="accuracy"]');
const drawing = figure.querySelector(".drawing"), svg = drawing.querySelector("svg");
const tip = document.getElementById("tip");
const lines = data.charts.accuracy.lines;
const pointAt = (line, number) => {
  const spot = new DOMPoint(...lines[line].places[number]).matrixTransform(svg.getScreenCTM());
  drawing.dispatchEvent(new PointerEvent("pointermove", {clientX: spot.x + 2, clientY: spot.y + 1}));
  return tip.hidden ? null : tip.innerText;
};
found.hover = pointAt(0, 2);
drawing.dispatchEvent(new PointerEvent("pointerleave"));
found.left = tip.hidden;
const boxes = all("[data-entry]", figure);
const visible = () => data.charts.accuracy.entries[0][1].map((id) => getComputedStyle(document.getElementById(id)).display !== "none");
found.before = visible();
boxes[0].click();
found.after = visible();
found.hidden = pointAt(0, 2);
boxes[0].click();
found.again = visible();
found.reinit = pointAt(1, 0);

const press = (key) => drawing.dispatchEvent(new KeyboardEvent("keydown", {key}));
drawing.dispatchEvent(new PointerEvent("pointerleave"));
drawing.focus();
press("ArrowRight"); press("ArrowRight");
found.keyed = tip.innerText;
press("ArrowDown");
found.down = tip.innerText;
press("Escape");
found.escaped = tip.hidden;
found.wide = document.documentElement.scrollWidth <= innerWidth;
const shown = document.createElement("pre");
shown.id = "found";
shown.textContent = JSON.stringify(found);
document.body.append(shown);
})();
