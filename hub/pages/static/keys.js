// The keyboard: / to the search, j and k or arrows from venue to venue, ? for help.

export function keys() {
  const help = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  const search = document.querySelector("#choose input[type=search]");
  try {
    on.checked = localStorage.getItem("keys") !== "off";
    on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
  } catch {
    // A browser that stores nothing asks again on the next page.
  }

  function step(by) {
    const cards = [...document.querySelectorAll("#venues article:not([hidden])")];
    const here = cards.indexOf(document.activeElement.closest("article"));
    const next = cards[here < 0 ? (by > 0 ? 0 : cards.length - 1) : here + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const where = event.target;
    if (event.key === "Escape") {
      if (where === search && search.value) return;
      help.open = false;
      if (where === search) search.blur();
      return;
    }
    if (where.closest("input, select, textarea")) return;
    const arrow = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (arrow && where.matches("article")) {
      event.preventDefault();
      step(arrow);
    } else if (!on.checked) {
      return;
    } else if (event.key === "j" || event.key === "k") {
      step(event.key === "j" ? 1 : -1);
    } else if (event.key === "/") {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?") {
      help.open = !help.open;
      if (help.open) help.querySelector("summary").focus();
    }
  });
}
