"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const groups = all("details.group");
  const unfold = (open) => groups.forEach((group) => { group.open = open; });

  // A link to one item shows it, also when its group is folded.
  const show = () => {
    const item = location.hash && document.getElementById(location.hash.slice(1));
    const group = item && item.closest("details.group");
    if (group) { group.open = true; item.scrollIntoView(); }
  };
  addEventListener("hashchange", show);
  show();

  // Paper cannot be unfolded.
  addEventListener("beforeprint", () => unfold(true));

  const controls = one(".controls");
  if (!controls) return;
  controls.hidden = false;
  const search = one("#search");
  const items = groups.map((group) => all(".item", group).map((item) => ({
    item,
    text: (group.dataset.name + "\n" + item.textContent).toLowerCase(),
  })));
  const chosen = () => all("[data-filter]", controls);

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = new Set(chosen().filter((box) => box.type === "checkbox" && !box.checked)
      .map((box) => box.value));
    const kinds = chosen().filter((box) => box.tagName === "SELECT" && box.value)
      .map((box) => box.value);
    let shown = 0, total = 0;
    groups.forEach((group, at) => {
      let any = false;
      for (const { item, text } of items[at]) {
        total += 1;
        const visible = words.every((word) => text.includes(word))
          && !off.has(item.dataset.change)
          && kinds.every((kind) => item.dataset.kind === kind);
        item.hidden = !visible;
        any ||= visible;
        shown += visible;
      }
      group.hidden = !any;
    });
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
  // A browser that goes back fills the fields in again.
  soon();
})();
