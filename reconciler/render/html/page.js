"use strict";
// The filter: every word must occur in an item. Without this script all is shown.
(() => {
  const form = document.getElementById("search");
  if (!form) return;
  const input = document.getElementById("filter");
  const said = document.getElementById("matches");
  const toggle = document.getElementById("toggle");
  const groups = [...document.querySelectorAll("details.group")];
  const parts = [...document.querySelectorAll("section.part")];
  const items = [...document.querySelectorAll(".item")];
  const number = new Intl.NumberFormat("en");
  let texts = null;
  let opened = null;
  let timer = 0;

  // Column titles are left out: "before" would match everything.
  const textOf = (item) =>
    [...item.querySelectorAll("h3, h4, p, .risks, tbody")]
      .map((part) => part.textContent).join("\n").toLowerCase();

  const say = (shown, words) => {
    const all = number.format(items.length);
    said.textContent = words.length
      ? `${number.format(shown)} of ${all} entries match`
      : `${all} entries`;
  };

  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !texts) texts = items.map(textOf);
    if (words.length && !opened) opened = groups.map((group) => group.open);
    let shown = 0;
    items.forEach((item, at) => {
      const match = words.every((word) => texts[at].includes(word));
      if (item.hidden === match) item.hidden = !match;
      shown += match ? 1 : 0;
    });
    groups.forEach((group, at) => {
      group.hidden = !group.querySelector(".item:not([hidden])");
      if (words.length) group.open = true;
      else if (opened) group.open = opened[at];
    });
    parts.forEach((part) => { part.hidden = !part.querySelector(".item:not([hidden])"); });
    if (!words.length) opened = null;
    say(shown, words);
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 80);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !input.value) return;
    event.preventDefault();
    input.value = "";
    apply();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  toggle.addEventListener("click", () => {
    const open = groups.some((group) => !group.open);
    groups.forEach((group) => { group.open = open; });
  });
  addEventListener("beforeprint", () => groups.forEach((group) => { group.open = true; }));
  form.hidden = false;
  apply();
})();
