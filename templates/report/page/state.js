// What the page shows. It lives in the fragment of the address, so a link and a reload show the same.

const FILTERS = ["standing", "check", "answer", "outcome", "group", "verdict", "state", "os", "version", "site", "wave", "code"];
const THEMES = ["auto", "light", "dark"];
const SORTED = /^-?(host|user|standing|state|outcome|verdict|system|client|site|wave|seen)$/;
const FIRST_LANGUAGE = page.lang;
let state;
let later;

function readState() {
  const fields = new URLSearchParams(location.hash.slice(1));
  const lang = fields.get("lang");
  const theme = fields.get("theme");
  state = {
    q: fields.get("q") ?? "",
    sort: SORTED.test(fields.get("sort")) ? fields.get("sort") : "host",
    page: Math.max(1, Number.parseInt(fields.get("page"), 10) || 1),
    lang: Object.hasOwn(WORDS, lang) ? lang : FIRST_LANGUAGE,
    theme: THEMES.includes(theme) ? theme : "auto",
    open: new Set(fields.getAll("open")),
    filters: new Map(FILTERS.filter((name) => fields.has(name)).map((name) => [name, fields.get(name)])),
  };
}

function writeState() {
  const fields = new URLSearchParams();
  if (state.q) fields.set("q", state.q);
  for (const [name, value] of state.filters) fields.set(name, value);
  if (state.sort !== "host") fields.set("sort", state.sort);
  if (state.page > 1) fields.set("page", state.page);
  if (state.lang !== FIRST_LANGUAGE) fields.set("lang", state.lang);
  if (state.theme !== "auto") fields.set("theme", state.theme);
  for (const name of state.open) fields.append("open", name);
  clearTimeout(later);
  try {
    history.replaceState(null, "", `#${fields}`);
  } catch {
    later = setTimeout(writeState, 2000); // some browsers refuse more than a hundred within half a minute
  }
}

// Another choice of rows begins at its first page.
function choose(changes) {
  Object.assign(state, { page: 1 }, changes);
  writeState();
}
