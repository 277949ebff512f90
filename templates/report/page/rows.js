// The rows of the table: which fit the filters, and in what order.

const INDEX = JSON.parse(document.getElementById("index").textContent);
const COUNT = INDEX.seen.length;
const CHECKS = new Map(INDEX.checks.map((check, number) => [check.id, number]));
// the label of a value of a column, where it is a word of ours
const LABELS = {
  standing: (value) => word(`page.standing.${value}`),
  state: (value) => word(`page.accounts.${value}`) || word(`report.reason.${value}`),
  outcome: (value) => word(`report.outcome.${value}`),
  group: (value) => word(`report.group.${value}`),
  verdict: (value) => word(`report.verdict.${value}`),
  check: (value) => checkText(value, "title"),
  os: (value) => word(`report.os.${value}`),
  wave: waveLabel,
};

let texts = null; // what is searched, a string for each row; made at the first search in a language
let ranks = {};

const valueOf = (column, row) => INDEX.columns[column][0][INDEX.columns[column][1][row]];
const labelOf = (column, value) => (value && LABELS[column]?.(value)) || value;

function waveLabel(value) {
  if (value === "canary") return word("report.wave.canary");
  const [, count] = /^wave (\d+)$/.exec(value) ?? [];
  return count ? word("report.wave.numbered", { number: count }) : value;
}

function checkText(id, part) {
  const check = INDEX.checks[CHECKS.get(id)];
  return check?.[part] ?? (word(`checks.${id}.${part}`) || id);
}

function forgetLanguage() {
  texts = null;
  ranks = {};
}

function searched() {
  const shown = ["standing", "state", "outcome", "verdict", "os", "wave"];
  const plain = ["name", "code", "system", "client", "site", ...shown];
  const parts = plain.map((column) => {
    const [values, numbers] = INDEX.columns[column];
    const lower = values.map((value) => `${value} ${shown.includes(column) ? labelOf(column, value) : ""}`.toLowerCase());
    return (row) => lower[numbers[row]];
  });
  return INDEX.paths.map((paths, row) => `${parts.map((part) => part(row)).join(" ")} ${paths.toLowerCase()}`);
}

function fittingRows() {
  const tests = [...state.filters].map(([name, value]) => filterTest(name, value)).filter(Boolean);
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length) {
    texts ??= searched();
    tests.push((row) => words.every((part) => texts[row].includes(part)));
  }
  const rows = [];
  for (let row = 0; row < COUNT; row += 1) if (tests.every((test) => test(row))) rows.push(row);
  return sorted(rows);
}

function filterTest(name, value) {
  if (name === "answer") return null;
  if (name === "check") return checkTest(CHECKS.get(value) ?? -1);
  const [values, numbers] = INDEX.columns[name];
  const wanted = values.indexOf(value);
  return (row) => numbers[row] === wanted;
}

function checkTest(check) {
  const answer = state.filters.get("answer");
  const lists = Object.hasOwn(INDEX.answers, answer) ? [INDEX.answers[answer]] : Object.values(INDEX.answers);
  return (row) => lists.some((list) => list[row].includes(check));
}

function sorted(rows) {
  const down = state.sort.startsWith("-");
  const rank = rankOf(down ? state.sort.slice(1) : state.sort);
  const sign = down ? -1 : 1;
  return rows.sort((one, other) => sign * (rank[one] - rank[other]) || one - other);
}

// A number for each row to sort by. The rows are in the order of the hosts; what is not known comes last.
function rankOf(column) {
  if (column === "seen") return INDEX.seen;
  const [values, numbers] = INDEX.columns[column];
  if (column === "host") return numbers;
  ranks[column] ??= valueRanks(column, values);
  return numbers.map((value) => ranks[column][value]);
}

function valueRanks(column, values) {
  const order = column === "standing" ? Object.keys(INDEX.tones.standing) : null;
  const { compare } = new Intl.Collator(page.lang, { numeric: true });
  const labels = values.map((value) => labelOf(column, value));
  const numbers = values.map((_, number) => number);
  numbers.sort((one, other) => {
    if (!values[one] || !values[other]) return Number(!values[one]) - Number(!values[other]);
    return order ? order.indexOf(values[one]) - order.indexOf(values[other]) : compare(labels[one], labels[other]);
  });
  const result = new Array(values.length);
  numbers.forEach((number, rank) => { result[number] = rank; });
  return result;
}

// How many rows have which value, for the choices of a filter: the most common first.
function counted(name) {
  const counts = new Map();
  const add = (value) => counts.set(value, (counts.get(value) ?? 0) + 1);
  if (name === "check") {
    for (const lists of Object.values(INDEX.answers)) lists.forEach((list) => list.forEach((check) => add(INDEX.checks[check].id)));
  } else {
    const [values, numbers] = INDEX.columns[name];
    numbers.forEach((value) => add(values[value]));
  }
  return [...counts].sort((one, other) => other[1] - one[1]);
}
