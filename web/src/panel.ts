// A panel: a heading, what is drawn, the same as a table, and the same as CSV.
import { Column, csv, el, save, table } from "./dom";

// Rows of any shape behind one face.
export class Rows {
  private constructor(readonly element: (caption: string) => HTMLElement, readonly csv: () => string, readonly count: number) {}
  static of<Row>(columns: Column<Row>[], rows: Row[], empty?: string): Rows {
    return new Rows((caption) => table(caption, columns, rows, empty), () => csv(columns, rows), rows.length);
  }
}

export class Panel {
  readonly element: HTMLElement;
  readonly body: HTMLElement;
  readonly tools: HTMLElement;
  private readonly note: HTMLElement;
  private readonly tableBox: HTMLElement;
  private readonly tableButton: HTMLButtonElement;
  private readonly csvButton: HTMLButtonElement;
  private rows: Rows | null = null;

  constructor(readonly id: string, readonly title: string, unit: string, wide = false) {
    this.body = el("div", { class: "panel-body" });
    this.note = el("p", { class: "soft note" });
    this.tableBox = el("div", { class: "table-box", id: `${id}-table`, hidden: true });
    this.tableButton = el("button", { type: "button", class: "tool", "aria-expanded": "false", "aria-controls": `${id}-table`, onclick: () => this.toggle() }, "Table");
    this.csvButton = el("button", { type: "button", class: "tool", "aria-label": `${title} as CSV`, onclick: () => this.saveCsv() }, "CSV");
    this.tools = el("div", { class: "tools" }, this.tableButton, this.csvButton);
    this.element = el("section", { class: wide ? "panel wide" : "panel", id, "aria-labelledby": `${id}-title` },
      el("div", { class: "panel-head" },
        el("h2", { id: `${id}-title` }, title, unit ? el("span", { class: "unit" }, unit) : null), this.tools),
      this.note, this.body, this.tableBox);
    this.setRows(null);
  }

  // What stands here is of another time or another coin than the page says, until it has been read.
  old(of: "time" | "coin" | null): void {
    this.element.setAttribute("aria-busy", String(of !== null));
    if (of) this.element.dataset.old = of;
    else delete this.element.dataset.old;
  }

  get blank(): boolean {
    return this.element.dataset.blank !== undefined;
  }
  set blank(is: boolean) {
    this.element.toggleAttribute("data-blank", is);
  }

  say(text: string): void {
    this.note.textContent = text;
    this.note.hidden = text === "";
  }

  setRows(rows: Rows | null): void {
    this.rows = rows;
    this.tableButton.disabled = this.csvButton.disabled = !rows || rows.count === 0;
    if (!this.tableBox.hidden) this.showTable();
  }

  // A panel that is a table has no second one.
  onlyCsv(): void {
    this.tableButton.hidden = true;
  }

  private toggle(): void {
    this.tableBox.hidden = !this.tableBox.hidden;
    this.tableButton.setAttribute("aria-expanded", String(!this.tableBox.hidden));
    this.tableButton.textContent = this.tableBox.hidden ? "Table" : "Hide table";
    if (!this.tableBox.hidden) this.showTable();
  }
  private showTable(): void {
    this.tableBox.replaceChildren(this.rows ? this.rows.element(this.title) : el("p", { class: "soft" }, "Nothing is known."));
  }
  private saveCsv(): void {
    if (this.rows) save(`delever-${this.id}.csv`, this.rows.csv());
  }
}
