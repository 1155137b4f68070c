// A keyboard on the glass for the field beside it; keys that are real stay as good.
const LATIN = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
const DIGITS = ["123", "456", "789"];

class ScreenKeyboard extends HTMLElement {
  connectedCallback() {
    this.isUpper = false;
    this.draw();
    this.addEventListener("pointerdown", (event) => event.preventDefault());
    this.addEventListener("click", (event) => {
      const key = event.target.closest("button[data-key]");
      if (key) this.press(key.dataset.key);
    });
  }

  get field() { return this.closest("form").querySelector("#typed"); }

  draw() {
    const kind = this.dataset.kind;
    const zh = this.dataset.lang === "zh";
    const remove = { key: "remove", label: "⌫", name: zh ? "删除" : "Delete" };
    const clear = { key: "clear", label: zh ? "清空" : "Clear", name: zh ? "清空" : "Clear" };
    let lines;
    if (kind === "digits" || kind === "pin") {
      lines = [...DIGITS.map((line) => [...line]), [clear, "0", remove]];
    } else {
      const letters = LATIN.map((line) => [...line].map((c) => (this.isUpper ? c.toUpperCase() : c)));
      letters[2] = [{ key: "upper", label: "⇧", name: zh ? "大写" : "Capitals" }, ...letters[2], remove];
      const last = kind === "email" ? ["@", ".", "-", "_", ".com", ".cn"] : [",", ".", "?", "!"];
      lines = [[..."1234567890"], ...letters, [clear, ...last, ...(kind === "email" ? [] : [{ key: " ", label: zh ? "空格" : "Space", name: zh ? "空格" : "Space", wide: true }])]];
    }
    this.replaceChildren(...lines.map((line) => {
      const row = document.createElement("div");
      row.className = "line";
      row.append(...line.map((key) => this.button(key)));
      return row;
    }));
  }

  button(key) {
    const one = typeof key === "string" ? { key, label: key, name: key } : key;
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.key = one.key;
    button.textContent = one.label;
    button.setAttribute("aria-label", one.name);
    if (one.wide) button.className = "wide";
    return button;
  }

  press(key) {
    const field = this.field;
    if (key === "upper") { this.isUpper = !this.isUpper; this.draw(); return; }
    if (key === "clear") field.value = "";
    else if (key === "remove") field.value = [...field.value].slice(0, -1).join("");
    else if (field.maxLength < 0 || field.value.length + key.length <= field.maxLength) field.value += key;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
customElements.define("screen-keyboard", ScreenKeyboard);
