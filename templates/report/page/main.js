// What people do, and what follows from it.

function show() {
  page.dataset.theme = state.theme;
  for (const button of document.querySelectorAll("#theme button")) button.setAttribute("aria-pressed", String(button.dataset.theme === state.theme));
  for (const button of document.querySelectorAll("#language button")) button.setAttribute("aria-pressed", String(button.dataset.lang === state.lang));
  if (page.lang !== state.lang) {
    page.lang = state.lang;
    forgetLanguage();
  }
  fillTexts();
  fillChoices();
  if (byId("search").value !== state.q) byId("search").value = state.q;
  draw();
}

function change(changes) {
  choose(changes);
  draw();
}

function turn(button) {
  const to = { first: 1, previous: state.page - 1, next: state.page + 1, last: Number(button.dataset.page) };
  change({ page: to[button.id] });
  byId("list").scrollIntoView({ block: "start" });
  if (button.disabled) body.querySelector(".open")?.focus({ preventScroll: true });
}

// A figure, a name or a part of a chart shows its rows, and nothing but them.
function follow(link) {
  const fields = new URLSearchParams(link.dataset.set);
  const filters = new Map([...fields].filter(([name]) => FILTERS.includes(name)));
  change({ q: fields.get("q") ?? "", filters, open: new Set([...state.open, ...fields.getAll("open")]) });
  byId("search").value = state.q;
  goTo(byId("h-hosts"));
}

function goTo(heading) {
  heading.scrollIntoView({ block: "start" });
  heading.focus({ preventScroll: true });
}

function sortBy(column) {
  change({ sort: state.sort === column ? `-${column}` : column });
}

function filterBy(select) {
  const filters = new Map(state.filters);
  const name = select.id.slice(2);
  filters.delete(name);
  if (name === "check") filters.delete("answer");
  if (select.value) filters.set(name, select.value.slice(1));
  change({ filters });
}

function clearFilters() {
  byId("search").value = "";
  change({ q: "", filters: new Map() });
  byId("search").focus();
}

function keyOnRows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !event.target.classList.contains("open")) return;
  const buttons = [...body.querySelectorAll(".open")];
  buttons[buttons.indexOf(event.target) + step]?.focus();
  event.preventDefault();
}

function keyAnywhere(event) {
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "/" && !typing) {
    byId("search").focus();
    event.preventDefault();
  }
  if (event.key === "Escape" && event.target === byId("search")) body.querySelector(".open")?.focus();
}

function clicked(event) {
  const link = event.target.closest("a");
  if (link?.dataset.set !== undefined) follow(link);
  else if (link) goTo(document.querySelector(link.getAttribute("href")));
  if (link) event.preventDefault();
  const line = event.target.closest("tr.row");
  if (line && !String(getSelection())) toggle(line);
}

function listen() {
  const choice = (group, name) =>
    byId(group).addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      Object.assign(state, { [name]: button.dataset[name] });
      writeState();
      show();
    });
  choice("language", "lang");
  choice("theme", "theme");
  byId("print").addEventListener("click", () => print());
  byId("search").addEventListener("input", (event) => change({ q: event.target.value }));
  byId("clear").addEventListener("click", clearFilters);
  for (const name of CHOICES) byId(`f-${name}`).addEventListener("change", (event) => filterBy(event.target));
  document.querySelector("#table thead").addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (head && event.target.closest("button")) sortBy(head.dataset.column);
  });
  body.addEventListener("keydown", keyOnRows);
  byId("pager").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) turn(button);
  });
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", keyAnywhere);
  addEventListener("hashchange", () => { readState(); show(); });
  addEventListener("beforeprint", () => draw({ paper: true }));
  addEventListener("afterprint", () => draw());
}

// The chunks stand after this script: rows that are open from the beginning wait for them.
document.addEventListener("DOMContentLoaded", () => {
  readState();
  byId("list").hidden = COUNT === 0;
  byId("filters").open = matchMedia("(min-width: 821px)").matches || state.filters.size > 0;
  listen();
  show();
  page.dataset.ready = "";
});
