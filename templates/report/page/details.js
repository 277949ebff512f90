// What a row opens to. The details are packed a hundred rows to a chunk; a chunk is unpacked when a row of it is opened.

const chunks = new Map(); // number -> details of its rows

async function unpack(chunk) {
  const packed = document.getElementById(`chunk-${chunk}`).textContent;
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  chunks.set(chunk, await new Response(plain).json());
}

function fillDetail(cell, row) {
  const chunk = Math.floor(row / INDEX.perChunk);
  const fill = () => cell.replaceChildren(...detail(chunks.get(chunk)[row % INDEX.perChunk]));
  if (chunks.has(chunk)) {
    fill();
    return;
  }
  cell.replaceChildren(word("page.row.loading"));
  unpack(chunk).then(fill, () => cell.replaceChildren(word("page.row.broken")));
}

function detail({ host, profile }) {
  const one = profile ?? {};
  return [
    nextDeed(one.message || host.message, one.do),
    one.restart_pending ? make("p", { class: "note" }, word("page.detail.restart")) : "",
    ...(one.second_copies ?? []).map(secondCopy),
    answersPart(host, profile),
    foldersPart(one.folders ?? []),
    make("div", { class: "pair" }, factsPart(host, one), remarksPart(one.findings ?? [])),
    make("div", { class: "pair" }, proofsPart(one.proofs ?? []), stepsPart(one.steps ?? [])),
  ].filter(Boolean);
}

const part = (key, ...children) => make("section", {}, make("h3", {}, word(`page.detail.${key}`)), ...children);

const COMMAND = "smartfleet ";
const deedLine = (deed, ...parts) => make("p", { class: deed.startsWith(COMMAND) ? "do command" : "do" }, ...parts);

function nextDeed(message, deed) {
  if (!message && !deed) return "";
  const isCommand = deed?.startsWith(COMMAND) && navigator.clipboard;
  return make(
    "div",
    { class: "next" },
    message ? make("p", {}, english(message)) : "",
    deed ? deedLine(deed, english(deed), isCommand ? copyButton(deed) : "") : "",
  );
}

function copyButton(command) {
  const button = make("button", { type: "button", class: "copy" }, word("page.detail.copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(command);
    button.textContent = word("page.detail.copied");
  });
  return button;
}

function secondCopy(copy) {
  const values = { size: size(copy.bytes_wasted), path: copy.local_path, other: copy.other_path };
  return make("p", { class: "note" }, told(word("page.detail.copies", values)));
}

function answersPart(host, profile) {
  const folders = profile?.folders ?? [];
  const subjects = [[host, ""], [profile ?? {}, ""], ...folders.map((folder) => [folder, folder.local_path])];
  const open = subjects.flatMap(([subject, path]) => (subject.results ?? []).map((result) => answer(result, path)));
  const failed = new Set(subjects.flatMap(([subject]) => (subject.results ?? []).map((result) => result.check)));
  const passed = [...new Set(subjects.flatMap(([subject]) => subject.passed ?? []))].filter((id) => !failed.has(id));
  if (!open.length && !passed.length) return "";
  const fine = make(
    "details",
    { class: "passed" },
    make("summary", {}, word("page.detail.passed", { count: passed.length })),
    make("ul", {}, passed.map((id) => make("li", {}, told(checkText(id, "title"))))),
  );
  return part("answers", open.length ? make("ul", { class: "answers" }, open) : "", passed.length ? fine : "");
}

function answer(result, path) {
  const tone = result.answer === "fail" ? result.severity : INDEX.tones.answer[result.answer];
  const text = word(result.text ?? "", result.values);
  const deed = word(result.do_text ?? "", result.values);
  return make(
    "li",
    {},
    tag(tone, word(`report.answer.${result.answer}`)),
    make(
      "div",
      {},
      make("b", {}, told(checkText(result.check, "title"))),
      make("small", {}, ` ${word(`report.severity.${result.severity}`)} `),
      path ? make("code", {}, told(path)) : "",
      make("p", {}, text ? told(text) : english(result.message)),
      result.do ? deedLine(result.do, deed ? told(deed) : english(result.do)) : "",
      result.waiver ? make("p", { class: "sub" }, told(waiverText(result))) : "",
    ),
  );
}

const waiverText = (result) =>
  word(result.answer === "waived" ? "page.detail.waived" : "page.detail.waiver-over", result.waiver);

function factsPart(host, profile) {
  const seen = profile.audited ?? host.audited;
  const facts = [
    ["config", profile.config_path && told(profile.config_path)],
    ["client", clientText(host, profile)],
    ["system", host.os && told(host.distribution || host.os)],
    ["site", host.site && told(host.site)],
    ["wave", host.wave && told(labelOf("wave", host.wave))],
    ["session", profile.user && word(`report.session.${profile.session ? profile.session_kind || "on" : "none"}`)],
    ["audited", seen && moment(seen)],
    ["last-seen", host.last_seen && moment(host.last_seen)],
  ].filter(([, value]) => value);
  const rows = facts.flatMap(([key, value]) => [make("dt", {}, word(`page.column.${key}`) || word(`page.detail.${key}`)), make("dd", {}, value)]);
  return facts.length ? part("facts", make("dl", {}, rows)) : "";
}

// What is installed, and what last wrote the configuration where that is another version.
function clientText(host, profile) {
  if (!profile.client_installed) return profile.client_version || (host.clients ?? []).join(", ") || word("page.detail.not-told");
  const bits = profile.client_bits ? `, ${word("page.detail.bits", { bits: profile.client_bits })}` : "";
  const other = profile.client_version && !profile.client_installed.startsWith(profile.client_version);
  const before = other ? `, ${word("page.detail.last-used", { version: profile.client_version })}` : "";
  return profile.client_installed + bits + before;
}

function foldersPart(folders) {
  if (!folders.length) return "";
  const keys = { path: "", files: "n", size: "n", verdict: "", reason: "" };
  const head = Object.entries(keys).map(([key, kind]) => make("th", { scope: "col", class: kind }, word(`page.detail.${key}`)));
  const table = make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, folders.map(folderRow)));
  return part("folders", make("div", { class: "scroll" }, table));
}

function folderRow(folder) {
  const numbers = { synced: folder.synced ?? 0, user: folder.user_changes ?? 0, lost: folder.lost ?? 0, conflicts: folder.conflicts ?? 0 };
  const virtual = { kind: folder.virtual_files, count: folder.placeholders };
  return make(
    "tr",
    {},
    make("td", {}, told(folder.local_path), folder.virtual_files !== "off" ? make("small", {}, word("page.detail.virtual", virtual)) : ""),
    make("td", { class: "n" }, number(folder.files)),
    make("td", { class: "n" }, size(folder.bytes)),
    make("td", {}, tag(INDEX.tones.verdict[folder.verdict], word(`report.verdict.${folder.verdict}`))),
    make(
      "td",
      {},
      folder.level ? english(folder.reason) : word("page.detail.unverified"),
      folder.level ? make("small", {}, word("page.detail.numbers", numbers)) : "",
      (folder.examples ?? []).length ? make("ul", { class: "differences" }, folder.examples.map(difference)) : "",
    ),
  );
}

const difference = (one) =>
  make("li", {}, make("b", {}, word(`report.difference.${one.kind}`)), " ", told(one.path), one.detail ? make("small", {}, english(one.detail)) : "");

function remarksPart(findings) {
  const rows = findings.map((one) =>
    make("li", {}, tag(one.severity, word(`report.severity.${one.severity}`)), make("div", {}, english(one.message), one.do ? deedLine(one.do, english(one.do)) : "")),
  );
  return rows.length ? part("remarks", make("ul", { class: "answers" }, rows)) : "";
}

const PROOF_TONES = { ok: "good", failed: "bad", unknown: "wait" };
const STEP_TONES = { done: "good", skipped: "none", failed: "bad", undone: "wait" };

function proofsPart(proofs) {
  const rows = proofs.map((one) => mark(one.proof, PROOF_TONES[one.state], word(`report.proof.${one.state}`), one.detail));
  return rows.length ? part("proofs", make("ul", { class: "marks" }, rows)) : "";
}

function stepsPart(steps) {
  const rows = steps.map((one) => {
    const seconds = one.seconds ? `, ${word("page.detail.seconds", { seconds: number(one.seconds, 1) })}` : "";
    return mark(one.step, STEP_TONES[one.state], word(`report.step.${one.state}`) + seconds, one.detail);
  });
  return rows.length ? part("steps", make("ol", { class: "marks" }, rows)) : "";
}

const mark = (name, tone, label, text) =>
  make("li", {}, make("code", {}, told(name)), " ", tag(tone, label), text ? make("small", {}, " ", english(text)) : "");
