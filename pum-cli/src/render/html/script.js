"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const groups = all("details.group");
  const schemas = all("details.schema");
  const unfold = (open) => groups.forEach((group) => { group.open = open; });

  const reveal = (item) => {
    for (let fold = item.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      fold.open = true;
    }
  };

  // A link to one item shows it, also when what it is in is folded.
  const show = () => {
    const item = location.hash && document.getElementById(location.hash.slice(1));
    if (!item) return;
    reveal(item);
    item.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();

  // Paper cannot be unfolded.
  addEventListener("beforeprint", () => all("details").forEach((fold) => { fold.open = true; }));

  const controls = one(".controls");
  if (!controls) return;
  controls.hidden = false;
  const search = one("#search");
  const items = groups.map((group) => all(".item", group).map((item) => ({
    item,
    text: null,
  })));
  const text = (entry, group) => {
    entry.text ??= (group.dataset.name + "\n" + entry.item.textContent).toLowerCase();
    return entry.text;
  };
  const chosen = () => all("[data-filter]", controls);
  const select = (what) => one(`select[data-filter=${what}]`);

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = new Set(chosen().filter((box) => box.type === "checkbox" && !box.checked)
      .map((box) => box.value));
    const kind = select("kind").value;
    const schema = select("schema") && select("schema").value;
    let shown = 0, total = 0;
    groups.forEach((group, at) => {
      let any = false;
      for (const entry of items[at]) {
        const data = entry.item.dataset;
        total += 1;
        const visible = !off.has(data.change)
          && (!kind || data.kind === kind)
          && (!schema || data.schema === schema.slice(2))
          && words.every((word) => text(entry, group).includes(word));
        entry.item.hidden = !visible;
        any ||= visible;
        shown += visible;
      }
      group.hidden = !any;
    });
    schemas.forEach((one) => { one.hidden = !one.querySelector("details.group:not([hidden])"); });
    one("#found").textContent = shown === total ? "" : `${shown} of ${total}`;
  };
  let waiting = 0;
  const soon = () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(apply); };
  search.addEventListener("input", soon);
  controls.addEventListener("change", soon);
  controls.addEventListener("submit", (event) => event.preventDefault());
  one("#unfold").addEventListener("click", () => unfold(true));
  one("#fold").addEventListener("click", () => unfold(false));
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
  });

  // A cell of the heat map shows what it counts.
  all(".heat a").forEach((cell) => cell.addEventListener("click", (event) => {
    event.preventDefault();
    search.value = "";
    all("input[type=checkbox]", controls).forEach((box) => { box.checked = true; });
    select("kind").value = cell.dataset.kind;
    if (select("schema")) select("schema").value = `s:${cell.dataset.schema}`;
    apply();
    const item = one(".item:not([hidden])");
    groups.forEach((group) => { if (!group.hidden) group.open = true; });
    if (item) { reveal(item); controls.scrollIntoView(); item.querySelector("a").focus({ preventScroll: true }); }
  }));

  // A browser that goes back fills the fields in again.
  soon();
})();
