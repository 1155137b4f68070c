// Turns the pages of what is longer than its place: two buttons, and how much more there is below.
// No half line stands at the lower edge; without it the place is scrolled by a finger.
const LINES = ".rows li, .acts button, section > h2, section > p, .says p, .alert, .news, figure, .entry";
const MOST_CUT = 0.35;
const COUNTED = ".rows li, .acts button";

class ScreenPager extends HTMLElement {
  connectedCallback() {
    this.room = this.previousElementSibling;
    this.up = this.button("↑", () => this.turn(-1));
    this.down = this.button("↓", () => this.turn(1));
    this.sign = document.createElement("p");
    this.replaceChildren(this.up, this.sign, this.down);
    const look = () => this.look();
    // It says so of what is new, too, before that is painted: a look of our own now would lay the screen out once more.
    this.sizes = new ResizeObserver(look);
    this.sizes.observe(this.room);
    this.changes = new MutationObserver(look);
    this.changes.observe(this.room, { subtree: true, childList: true, characterData: true });
    this.room.addEventListener("scroll", look, { passive: true });
    this.room.addEventListener("focusin", (event) => this.uncover(event.target));
    this.hidden = true;
  }

  disconnectedCallback() { this.sizes?.disconnect(); this.changes?.disconnect(); }

  button(mark, press) {
    const one = document.createElement("button");
    one.type = "button";
    one.innerHTML = `<b aria-hidden="true">${mark}</b><span></span>`;
    one.addEventListener("click", press);
    return one;
  }

  lines() { return [...this.room.querySelectorAll(LINES)].filter((one) => one.offsetParent); }

  look() {
    const room = this.room;
    if (room.style.getPropertyValue("--cut")) room.style.removeProperty("--cut");
    const isLong = room.scrollHeight > room.clientHeight + 1 && getComputedStyle(room).overflowY === "auto";
    if (this.hidden === isLong) this.hidden = !isLong;
    // What scrolls is reached by keys, too.
    if (isLong) room.tabIndex = 0; else if (room.hasAttribute("tabindex")) room.removeAttribute("tabindex");
    if (!isLong) return;
    // Two buttons above each other, or beside each other where the place is low.
    this.classList.toggle("is-low", room.clientHeight < 2.9 * parseFloat(getComputedStyle(this.up).minHeight));
    const box = room.getBoundingClientRect();
    const isEnd = room.scrollTop + room.clientHeight >= room.scrollHeight - 1;
    const half = isEnd ? [] : this.lines().map((one) => one.getBoundingClientRect())
      .filter((one) => one.top > box.top + 1 && one.top < box.bottom && one.bottom > box.bottom + 1);
    this.edge = Math.min(box.bottom, ...half.map((one) => one.top - 2));
    // A line that is nearly as high as its place is shown as far as it goes.
    if (box.bottom - this.edge > MOST_CUT * box.height) this.edge = box.bottom;
    room.style.setProperty("--cut", `${box.bottom - this.edge}px`);
    const more = [...room.querySelectorAll(COUNTED)]
      .filter((one) => one.offsetParent && one.getBoundingClientRect().bottom > this.edge + 1).length;
    const zh = document.documentElement.lang.startsWith("zh");
    this.up.lastChild.textContent = zh ? "上一页" : "Page up";
    this.down.lastChild.textContent = zh ? "下一页" : "Page down";
    this.sign.textContent = isEnd ? (zh ? "到底了" : "the end")
      : more ? (zh ? `下面还有\n${more} 项` : `${more} more\nbelow`) : (zh ? "下面还有" : "more below");
    this.up.setAttribute("aria-disabled", String(room.scrollTop < 1));
    this.down.setAttribute("aria-disabled", String(isEnd));
  }

  turn(way) {
    const room = this.room;
    const box = room.getBoundingClientRect();
    const shown = this.edge - box.top;
    let by = shown;
    if (way > 0) {
      const next = this.lines().map((one) => one.getBoundingClientRect())
        .find((one) => one.bottom > this.edge + 1 && one.top > box.top + 1);
      if (next) by = Math.min(shown, next.top - box.top - 4);
    }
    room.scrollTop += way * Math.max(by, 24);
    this.look();
  }

  // What has the focus stands whole, above the edge.
  uncover(one) {
    if (this.hidden || one === this.room) return;
    const line = (one.closest("li, .entry") ?? one).getBoundingClientRect();
    const top = this.room.getBoundingClientRect().top;
    if (line.bottom > this.edge + 1 || line.top < top) this.room.scrollTop += line.top - top;
    this.look();
  }
}
customElements.define("screen-pager", ScreenPager);
