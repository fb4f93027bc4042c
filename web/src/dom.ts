// Elements without a framework. Text from outside becomes text nodes, never markup.
type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found as T;
}

export interface Column<Row> {
  name: string;
  cell: (row: Row) => string | Node;
  text?: (row: Row) => string | number | null; // for CSV; else the cell's text
  number?: boolean;
}

const TIME = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d UTC)?$/; // not broken over lines

export function table<Row>(caption: string, columns: Column<Row>[], rows: Row[], empty = "Nothing is known."): HTMLElement {
  if (rows.length === 0) return el("p", { class: "soft" }, empty);
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el("table", {},
      el("caption", { class: "hidden" }, caption),
      el("thead", {}, el("tr", {}, ...columns.map((c) => el("th", { scope: "col", class: c.number ? "n" : null }, c.name)))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...columns.map((c) => {
        const cell = c.cell(row);
        return el("td", { class: c.number ? "n" : typeof cell === "string" && TIME.test(cell) ? "t" : null }, cell);
      }))))));
}

export function csv<Row>(columns: Column<Row>[], rows: Row[]): string {
  const quoted = (value: string | number | null) => {
    const text = value === null ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => columns.map((c) => {
    if (c.text) return quoted(c.text(row));
    const cell = c.cell(row);
    return quoted(typeof cell === "string" ? cell : (cell.textContent ?? ""));
  }).join(","));
  return [columns.map((c) => quoted(c.name)).join(","), ...lines].join("\n") + "\n";
}

export function save(name: string, text: string, type = "text/csv"): void {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

let hiding = 0;
export function toast(text: string): void {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  window.clearTimeout(hiding);
  hiding = window.setTimeout(() => (box.hidden = true), 3000);
}
