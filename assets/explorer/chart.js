/**
 * The charts of an exported explorer, drawn by the Plotly that is in the file.
 *
 * @typedef {{ data: Record<string, any>[], layout: Record<string, any> }} Figure
 *
 * @import { Plot } from "../shared/chart.js"
 * @import { Parts } from "./open.js"
 */
import { childOf } from "../shared/dom.js";

/** What moves the map. Plotly's own buttons would grow one that sends the chart to a server. */
const CONFIG = {
  displaylogo: false,
  scrollZoom: true,
  responsive: true,
  plotlyServerURL: "",
  modeBarButtons: [["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
};

const plotly = () => /** @type {any} */ (globalThis).Plotly;

/** @param {Parts} parts */
export async function loadPlotly(parts) {
  const text = await parts("plotly");
  const script = document.createElement("script");
  const loaded = new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => reject(new Error("Plotly, which draws its maps, could not be started."));
  });
  script.src = URL.createObjectURL(new Blob([text ?? ""], { type: "text/javascript" }));
  document.head.append(script);
  await loaded;
}

/**
 * @param {HTMLElement} root  Of the view.
 * @param {string} text  The figure, as JSON.
 * @returns {Promise<Plot>}
 */
export async function drawChart(root, text) {
  /** @type {Figure} */
  const figure = JSON.parse(text);
  const element = childOf(root, ".ex-chart", HTMLElement);
  if (!hasWebgl()) {
    for (const trace of figure.data) if (trace.type === "scattergl") trace.type = "scatter";
  }
  const layout = { ...figure.layout, autosize: true };
  for (const [path, value] of Object.entries(colours())) put(layout, path.split("."), value);
  await plotly().newPlot(element, figure.data, layout, CONFIG);
  return /** @type {Plot} */ (element);
}

/**
 * Have a chart wear the page's colours; its zoom stays.
 * @param {Plot} chart
 */
export async function recolour(chart) {
  await plotly().relayout(chart, colours());
}

/**
 * @param {Record<string, any>} layout
 * @param {string[]} path
 * @param {unknown} value
 */
function put(layout, [name, ...rest], value) {
  if (!rest.length) {
    layout[name] = value;
    return;
  }
  layout[name] ??= {};
  put(layout[name], rest, value);
}

/** Whether Plotly can draw with WebGL: there is some, and this page may make functions of text, as it does for that. */
function hasWebgl() {
  try {
    new Function("");
  } catch {
    return false;
  }
  const context = document.createElement("canvas").getContext("webgl");
  context?.getExtension("WEBGL_lose_context")?.loseContext(); // there are only so many
  return context !== null;
}

/** The page's colours, as changes of a layout. */
function colours() {
  const style = getComputedStyle(childOf(document, ".ex-views", HTMLElement));
  const [line, ground] = [style.getPropertyValue("border-top-color"), style.getPropertyValue("background-color")];
  const ofAxis = (/** @type {string} */ axis) => ({
    [`${axis}.gridcolor`]: line,
    [`${axis}.linecolor`]: line,
    [`${axis}.zerolinecolor`]: line,
    [`${axis}.automargin`]: true,
    [`${axis}.title.standoff`]: 6,
  });
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    "font.color": style.color,
    "font.family": style.fontFamily,
    "font.size": 13,
    "hoverlabel.bgcolor": ground,
    "hoverlabel.bordercolor": line,
    "hoverlabel.font.color": style.color,
    "modebar.color": style.color,
    "modebar.activecolor": style.getPropertyValue("accent-color"),
    "modebar.bgcolor": "rgba(0,0,0,0)",
    ...ofAxis("xaxis"),
    ...ofAxis("yaxis"),
  };
}
