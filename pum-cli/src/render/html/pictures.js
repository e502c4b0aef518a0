(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];

  // What is said of a bar is shown at once, for the mouse, the finger and the keyboard.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "tooltip");
  document.body.append(tip);
  const told = new Map();
  all("svg a.tip").forEach((bar) => {
    const title = bar.querySelector("title");
    told.set(bar, title.textContent);
    // The browser would show its own one as well.
    title.remove();
  });
  const show = (bar) => {
    tip.textContent = told.get(bar);
    tip.hidden = false;
    const at = bar.getBoundingClientRect();
    const room = document.documentElement.clientWidth - tip.offsetWidth - 16;
    tip.style.left = `${Math.max(16, Math.min(at.left, room)) + scrollX}px`;
    tip.style.top = `${at.bottom + 6 + scrollY}px`;
  };
  const hide = () => { tip.hidden = true; };
  const bar = (event) => event.target instanceof Element && event.target.closest("svg a.tip");
  document.addEventListener("pointerover", (event) => { if (bar(event)) show(bar(event)); else hide(); });
  document.addEventListener("focusin", (event) => { if (bar(event)) show(bar(event)); else hide(); });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("click", (event) => {
    const found = bar(event);
    // A finger cannot hover: its tap shows what a link would leave.
    if (found && event.pointerType === "touch") { event.preventDefault(); show(found); }
  });

  // Copying.
  const copied = (text, from) => {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
    const range = document.createRange();
    range.selectNodeContents(from);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy") ? Promise.resolve() : Promise.reject(new Error("refused"));
  };
  // One for all of them: there may be thousands.
  document.documentElement.classList.add("scripted");
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("button.copy");
    if (!button) return;
    const text = button.parentElement.querySelector("pre");
    const say = (word) => {
      button.textContent = word;
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    };
    copied(text.textContent, text).then(() => say("Copied"), () => say("Select it by hand"));
  });
})();
