// The filters of the board: what hub/pages/filters.py does for the page, at once and as it lives.

export function filters() {
  const form = document.getElementById("choose");
  const found = document.getElementById("found");
  const cards = () => [...document.querySelectorAll("#venues article")];
  const selects = [...form.querySelectorAll("select")].filter((select) => select.name !== "sort");
  const words = () => form.q.value.toLowerCase().split(/\s+/).filter(Boolean);

  // Who is over is near, too: it is one threshold further.
  const has = (card, name, wanted) =>
    !wanted || card.dataset[name] === wanted || (name === "use" && wanted === "near" && card.dataset.use === "over");
  const named = (card, asked) => asked.every((word) => card.dataset.names.includes(word));

  function sift() {
    const asked = words();
    const all = cards();
    const fits = (card, left) => selects.every((select) => select === left || has(card, select.name, select.value));
    const called = all.filter((card) => named(card, asked));
    const shown = new Set(called.filter((card) => fits(card)));
    // Only what differs: a card that were hidden for a moment would lose the reader's focus.
    for (const card of all) if (card.hidden === shown.has(card)) card.hidden = !card.hidden;
    for (const select of selects) {
      const rest = called.filter((card) => fits(card, select));
      for (const option of select.options) {
        const count = rest.filter((card) => has(card, select.name, option.value)).length;
        const text = `${option.dataset.words} (${count})`;
        if (option.textContent !== text) option.textContent = text;
      }
    }
    for (const group of document.querySelectorAll("#venues .group"))
      group.hidden = !group.querySelector("article:not([hidden])");
    document.getElementById("none").hidden = shown.size > 0;
    const told = found.dataset.form.replace("{found}", shown.size).replace("{all}", all.length);
    if (found.textContent !== told) found.textContent = told;
  }

  function chosen() {
    const parameters = new URLSearchParams();
    for (const [name, value] of new FormData(form))
      if (value && !(name === "sort" && value === "board")) parameters.set(name, value);
    return parameters;
  }

  // The address carries what was chosen, and so do the links to the same board in another form.
  function note() {
    const parameters = chosen();
    history.replaceState(null, "", `?${parameters}`);
    const names = [...selects.map((select) => select.name), "q", "sort"];
    document.getElementById("clear").hidden = !names.some((name) => parameters.has(name));
    for (const link of document.querySelectorAll("a[data-view], nav.languages a")) {
      const url = new URL(link.href);
      for (const name of names)
        if (parameters.has(name)) url.searchParams.set(name, parameters.get(name));
        else url.searchParams.delete(name);
      link.href = url.search;
    }
  }

  form.addEventListener("input", (event) => {
    // Another order is another page: the groups come from the server.
    if (event.target.name === "sort") return location.assign(`?${chosen()}`);
    sift();
    note();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("told", sift);
  document.getElementById("clear").addEventListener("click", (event) => {
    if (form.sort.value !== "board") return;
    event.preventDefault();
    form.q.value = "";
    for (const select of selects) select.value = "";
    sift();
    note();
    form.q.focus();
  });
  // A browser that comes back puts old choices into the form.
  sift();
}
