"use strict";

// Texts in the language of the page. Elements carry what they say: data-w the key of a text and data-v its values,
// data-n a number, data-p thousandths, data-t a moment (data-d: its date or time alone); data-wa is an attribute that
// data-w-key fills.

const WORDS = JSON.parse(document.getElementById("words").textContent);
const page = document.documentElement;
const DATES = { de: "de-DE", en: "en-CA" }; // en-CA writes 2026-12-31, which nobody reads as another day

const number = (value, digits = 0) =>
  value.toLocaleString(page.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (thousandths) => `${number(Math.floor(thousandths) / 10, 1)} %`;
const moment = (seconds) => dated(seconds, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
const day = (seconds) => dated(seconds, {});
const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString(DATES[page.lang], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dated = (seconds, time) =>
  new Date(seconds * 1000).toLocaleString(DATES[page.lang], { year: "numeric", month: "2-digit", day: "2-digit", hourCycle: "h23", ...time });

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let rest = bytes;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${number(rest, unit ? 1 : 0)} ${units[unit]}`;
}

// "" for a key that no catalog has: own checks say their texts themselves
function word(key, values = {}) {
  const text = WORDS[page.lang][key] ?? "";
  return text.replace(/\{\{|\}\}|\{([\w-]+)\}/g, (place, name) => {
    if (!name) return place[0];
    const value = values[name] ?? "";
    return typeof value === "number" ? number(value) : value;
  });
}

function fillTexts() {
  const each = (selector, fill) => document.querySelectorAll(selector).forEach(fill);
  const said = (element, key) => word(key, JSON.parse(element.dataset.v ?? "{}"));
  each("[data-w]", (element) => { element.textContent = said(element, element.dataset.w); });
  each("[data-wa]", (element) => element.setAttribute(element.dataset.wa, said(element, element.dataset.wKey)));
  each("[data-n]", (element) => { element.textContent = number(Number(element.dataset.n)); });
  each("[data-p]", (element) => { element.textContent = percent(Number(element.dataset.p)); });
  each("[data-t]", (element) => {
    const told = { date: day, time: clock }[element.dataset.d] ?? moment;
    element.textContent = told(Number(element.dataset.t));
  });
}

// An element; text in it is text, whatever it holds.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== "" && child !== null && child !== undefined));
  return element;
}

// What others wrote: its direction stays within.
const told = (text) => make("bdi", {}, text);
const english = (text) => make("span", { lang: "en" }, told(text));
const tag = (tone, ...children) => make("b", { class: `tag ${tone}` }, ...children);
