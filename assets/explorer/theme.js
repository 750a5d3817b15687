/**
 * Light or dark, as the system has it or as a person chooses for this visit.
 *
 * @import { Plot } from "../shared/chart.js"
 */
import { recolour } from "./chart.js";

/**
 * @param {HTMLButtonElement} button
 * @param {Plot[]} charts
 */
export function themeButton(button, charts) {
  const { style } = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (style.colorScheme ? style.colorScheme === "dark" : system.matches);
  const name = () => {
    button.textContent = isDark() ? "☀ Light" : "☾ Dark";
  };
  const show = () => {
    name();
    for (const chart of charts) void recolour(chart);
  };
  button.addEventListener("click", () => {
    style.colorScheme = isDark() ? "light" : "dark";
    show();
  });
  system.addEventListener("change", show);
  name();
}
