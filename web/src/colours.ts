// Okabe and Ito's palette, which the three common kinds of colour blindness can tell apart; the light
// theme darkens what would be too faint on white. Sides differ in place and word as well.
export interface Colours {
  text: string;
  soft: string;
  grid: string;
  panel: string;
  long: string;
  short: string;
  line: string;
  other: string;
  third: string;
  accent: string;
  wave: string;
  series: string[];
}

export function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function colours(): Colours {
  return isDark()
    ? { text: "#e6e9ee", soft: "#9aa5b4", grid: "#2a3342", panel: "#161c26", long: "#56b4e9", short: "#e69f00", line: "#e6e9ee", other: "#009e73", third: "#cc79a7", accent: "#f0e442", wave: "rgba(213,94,0,0.22)", series: ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00"] }
    : { text: "#18202b", soft: "#566273", grid: "#e3e7ed", panel: "#ffffff", long: "#0072b2", short: "#c46a00", line: "#18202b", other: "#00795a", third: "#a8527f", accent: "#8a6d00", wave: "rgba(213,94,0,0.14)", series: ["#0072b2", "#c46a00", "#00795a", "#a8527f", "#7a6a00", "#b34700"] };
}
