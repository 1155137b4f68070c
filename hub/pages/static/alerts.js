// The alert desk: renewed while nobody writes in it; letters go from alert to alert.

const EVERY_MS = 15_000;

async function renew() {
  const here = document.activeElement;
  if (document.hidden || here?.closest("#list, form")) return;
  let text;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    text = await answer.text();
  } catch {
    // The next look tries again.
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const old = document.getElementById("list");
  const fresh = page.getElementById("list");
  if (fresh && fresh.dataset.revision !== old.dataset.revision) old.replaceWith(fresh);
  const count = page.querySelector("nav.staff .count");
  const shown = document.querySelector("nav.staff .count");
  if (count && shown && count.textContent !== shown.textContent) shown.replaceWith(count);
}

function step(by) {
  const links = [...document.querySelectorAll(".alert .what a")];
  const here = links.indexOf(document.activeElement.closest(".alert")?.querySelector(".what a"));
  const next = links[here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by];
  next?.focus();
  next?.closest(".alert").scrollIntoView({ block: "nearest" });
}

const on = document.getElementById("keys-on");
try {
  on.checked = localStorage.getItem("alert-keys") === "on";
  on.addEventListener("change", () => localStorage.setItem("alert-keys", on.checked ? "on" : "off"));
} catch {
  // A browser that stores nothing asks again on the next page.
}
document.addEventListener("keydown", (event) => {
  if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  if (event.key === "x") document.activeElement.closest(".alert")?.querySelector(".act button")?.click();
});
setInterval(renew, EVERY_MS);
