// A wall on which not all venues fit: they take turns, quietly. Nothing moves where a viewer's
// system asks for less motion; there all of them stand below each other.

const TURN_MS = 20_000;
const MOST = 30;

export function turns() {
  const sign = document.getElementById("turn");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const cards = [...document.querySelectorAll("#venues article")];
  const pages = Math.ceil(cards.length / MOST);
  const atOnce = Math.ceil(cards.length / pages);
  let page = 0;

  function show() {
    const still = calm.matches || pages < 2;
    document.documentElement.classList.toggle("long", still && pages > 1);
    cards.forEach((card, i) => { card.hidden = !still && Math.floor(i / atOnce) !== page; });
    sign.hidden = still;
    sign.textContent = `${page + 1} / ${pages}`;
  }

  show();
  calm.addEventListener("change", show);
  if (pages > 1) setInterval(() => { page = (page + 1) % pages; show(); }, TURN_MS);
}
