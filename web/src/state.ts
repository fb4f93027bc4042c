// What is looked at, kept in the address, so that a link restores it.
export interface View {
  asset: string;
  at: string; // "": the latest
  expiry: string;
  theme: "" | "light" | "dark";
  from: string; // of the time axis, seconds; "": all
  to: string;
  card: string;
}

const NAMES = ["asset", "at", "expiry", "theme", "from", "to", "card"] as const;

export function readView(): { view: View; hash: URLSearchParams } {
  const hash = new URLSearchParams(location.hash.slice(1));
  const view: View = { asset: "", at: "", expiry: "", theme: "", from: "", to: "", card: "" };
  for (const name of NAMES) {
    const value = hash.get(name);
    if (value) (view as unknown as Record<string, string>)[name] = value;
  }
  return { view, hash };
}

export function hashOf(view: View): string {
  const hash = new URLSearchParams();
  for (const name of NAMES) if (view[name]) hash.set(name, view[name]);
  return hash.toString();
}

export function writeView(view: View): void {
  const text = hashOf(view);
  history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
}
