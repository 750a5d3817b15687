/**
 * What is chosen in one panel of a chart is marked in all: see linked_chart.js.
 *
 * @import { Mount } from "../shared/mount.js"
 *
 * What Python sends: `LinkSent` of pages/_ui/linked_selection.py.
 * @typedef {{ chart: string, chosen: number[], lasso: "button" | "always", sheet: string | null, images: number[] }} LinkSent
 */
import { childOf } from "../shared/dom.js";
import { endWithout } from "../shared/mount.js";
import { page } from "../shared/page.js";
import { leaveWheelToPage } from "../shared/wheel.js";
import { LinkedChart } from "./linked_chart.js";

/** @param {Mount<LinkSent | null>} mount */
export default function mount({ data, parentElement, setTriggerValue }) {
  if (!data) return undefined;
  leaveWheelToPage();
  const { chart } = data;
  const root = parentElement instanceof ShadowRoot ? parentElement.host : parentElement;
  const linked = page.linkedCharts.get(chart) ?? new LinkedChart(data, root);
  page.linkedCharts.set(chart, linked);
  const button = childOf(parentElement, "button", HTMLButtonElement);
  linked.update(data, root, button, (chosen) => setTriggerValue("chosen", chosen));
  return endWithout(root, () => {
    // It may have been mounted anew before this was called: then it is that one's to end.
    if (page.linkedCharts.get(chart) !== linked || linked.root !== root) return;
    linked.end();
    page.linkedCharts.delete(chart);
  });
}
