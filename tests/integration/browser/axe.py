"""What axe-core finds serious or critical on a page."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Page

_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# Most of the time would go on the contrast of rows that look alike. Colours come from elements, classes and
# attributes, so a row is left out of that rule alone, and only if rows before it have all that it is made of.
_FAULTS = """async () => {
  const written = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const kind = (one) => [
    one.localName === "tr" ? one.localName : kind(one.parentElement),
    one.localName, one.getAttribute("class"), one.getAttributeNames(), written(one),
  ].join();
  const seen = new Set();
  const alike = [...document.querySelectorAll("#table > tbody > tr")].filter((row) => {
    const before = seen.size;
    for (const one of [row, ...row.querySelectorAll("*")]) seen.add(kind(one));
    return seen.size === before;
  });
  const resultTypes = ["violations"];
  const found = [
    await axe.run(document, {resultTypes, rules: {"color-contrast": {enabled: false}}}),
    await axe.run({exclude: alike}, {resultTypes, runOnly: ["color-contrast"]}),
  ];
  return found.flatMap((one) => one.violations)
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
}"""


def faults(page: Page) -> list[str]:
    page.evaluate(_AXE)
    return list(page.evaluate(_FAULTS))
