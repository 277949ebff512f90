// Before anything is drawn: a page that is to be dark does not flash, and what needs the script is shown with it alone.
document.documentElement.dataset.scripted = "";
document.documentElement.dataset.theme = new URLSearchParams(location.hash.slice(1)).get("theme") || "auto";
