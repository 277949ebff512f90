// Draws the table: one page of the rows that fit, or all of them on paper.

const ROWS_ON_PAGE = 100;
const COLUMNS = [...document.querySelectorAll("#table th[data-column]")].map((head) => head.dataset.column);
const CHOICES = ["standing", "check", "outcome", "verdict", "state", "os", "version", "site", "wave"];
const TONED = ["standing", "outcome", "verdict"];
const byId = (id) => document.getElementById(id);
const body = document.querySelector("#table tbody");

function draw({ paper = false } = {}) {
  const rows = fittingRows();
  const pages = Math.max(1, Math.ceil(rows.length / ROWS_ON_PAGE));
  state.page = Math.min(state.page, pages);
  const start = (state.page - 1) * ROWS_ON_PAGE;
  const shown = paper ? rows : rows.slice(start, start + ROWS_ON_PAGE);
  body.replaceChildren(...shown.flatMap(drawRow));
  byId("empty").hidden = rows.length > 0;
  byId("shown").textContent = word("page.hosts.shown", { rows: rows.length, all: COUNT, hosts: hostsOf(rows) });
  drawHeads();
  drawChoices();
  drawPager(pages);
}

const hostsOf = (rows) => new Set(rows.map((row) => INDEX.columns.host[1][row])).size;

function drawRow(row) {
  const name = valueOf("name", row);
  const open = state.open.has(name);
  const button = make("button", { type: "button", class: "open", "aria-expanded": String(open), "aria-controls": `detail-${row}` }, told(valueOf("host", row)));
  const cells = COLUMNS.slice(1).map((column) => make("td", { class: column, "data-label": word(`page.column.${column}`) }, cellContent(column, row)));
  const line = make("tr", { class: "row", "data-row": name, "data-number": row }, make("th", { scope: "row" }, button), cells);
  return open ? [line, drawDetail(row)] : [line];
}

function drawDetail(row) {
  const cell = make("td", { colspan: COLUMNS.length });
  fillDetail(cell, row);
  return make("tr", { class: "detail", id: `detail-${row}` }, cell);
}

function cellContent(column, row) {
  if (column === "seen") return INDEX.seen[row] ? day(INDEX.seen[row]) : word("page.row.never");
  const value = valueOf(column, row);
  if (!value) return "";
  const label = labelOf(column, value);
  return TONED.includes(column) ? tag(INDEX.tones[column][value], label) : told(label);
}

function drawHeads() {
  const down = state.sort.startsWith("-");
  const by = down ? state.sort.slice(1) : state.sort;
  for (const head of document.querySelectorAll("#table th[data-column]")) {
    if (head.dataset.column === by) head.setAttribute("aria-sort", down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
}

function drawChoices() {
  for (const name of CHOICES) byId(`f-${name}`).value = state.filters.has(name) ? `=${state.filters.get(name)}` : "";
  byId("clear").hidden = !state.q && !state.filters.size;
  const extra = byId("extra");
  extra.replaceChildren();
  if (state.filters.has("group")) extra.append(labelOf("group", state.filters.get("group")), " ");
  if (state.filters.has("code")) extra.append(told(word("page.hosts.code", { code: state.filters.get("code") })), " ");
  if (state.filters.has("answer")) extra.append(word("page.hosts.answered", { answer: word(`report.answer.${state.filters.get("answer")}`) }));
}

// The choices of the filters, in the language of the page. A column with one value alone needs no filter.
function fillChoices() {
  for (const name of CHOICES) {
    const counts = counted(name);
    const options = counts.map(([value, count]) => {
      const label = value ? labelOf(name, value) : word("page.hosts.unset");
      return make("option", { value: `=${value}` }, `${label} (${number(count)})`);
    });
    byId(`f-${name}`).replaceChildren(make("option", { value: "" }, word("page.hosts.all")), ...options);
    byId(`f-${name}`).parentElement.hidden = counts.length < 2 && name !== "check";
  }
}

function drawPager(pages) {
  byId("pager").hidden = pages === 1;
  byId("where").textContent = word("page.pager.page", { page: state.page, pages });
  for (const name of ["first", "previous"]) byId(name).disabled = state.page === 1;
  for (const name of ["next", "last"]) byId(name).disabled = state.page === pages;
  byId("last").dataset.page = pages;
}

function toggle(line) {
  const name = line.dataset.row;
  const opens = !state.open.delete(name);
  if (opens) {
    state.open.add(name);
    line.after(drawDetail(Number(line.dataset.number)));
  } else {
    line.nextElementSibling.remove();
  }
  line.querySelector(".open").setAttribute("aria-expanded", String(opens));
  writeState();
}
