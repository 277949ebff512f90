// Filters the profiles; the filter lives in the address, so a link or a reload shows the same.
(() => {
  const input = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("details.profile")];
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.dataset.text;
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) count += 1;
    }
    shown.textContent = words.length ? `${count} of ${rows.length}` : "";
    history.replaceState(null, "", words.length ? `#${encodeURIComponent(input.value)}` : location.pathname + location.search);
  };
  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return ""; } };
  input.value = decoded(location.hash.slice(1));
  input.addEventListener("input", apply);
  addEventListener("hashchange", () => { input.value = decoded(location.hash.slice(1)); apply(); });
  if (input.value) apply();
})();
