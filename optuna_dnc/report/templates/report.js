const DARK = {{ dark }}; // colors of the figures on a dark page
const PAPER = 690; // printable width of an A4 or letter page in pixels
const HALF_PAGE = 440; // height in pixels that lets two figures and their captions fit on a page
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const plots = [...document.querySelectorAll(".plot")];
let chosen = null; // by the button; otherwise the colors are those of the system

const isDark = () => (chosen ?? (system.matches ? "dark" : "light")) === "dark";

function darkened(value, key) {
  if (Array.isArray(value)) return value.map((item) => darkened(item, key));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, darkened(item, name)]));
  }
  return /color/.test(key) ? DARK[value] ?? value : value;
}

// Rows of text have a height of their own; other figures can be lower on paper.
const heightOnPaper = ({ height, yaxis }) => (yaxis?.visible === false ? height : 0.75 * height);

function draw(plot, onPaper) {
  let figure = JSON.parse(document.getElementById(plot.id + "-data").textContent);
  if (isDark() && !onPaper) figure = darkened(figure);
  const { layout } = figure;
  if (onPaper) layout.height = heightOnPaper(layout);
  const zoom = onPaper ? Math.max(0.65, Math.min(0.8, HALF_PAGE / layout.height)) : 1;
  if (onPaper) layout.width = PAPER / zoom;
  plot.style.zoom = zoom;
  plot.style.height = layout.height + "px";
  Plotly.react(plot, figure.data, layout, { responsive: !onPaper, displayModeBar: false });
}

function drawAll(onPaper = false) {
  plots.forEach((plot) => draw(plot, onPaper));
  button.textContent = isDark() ? "light" : "dark";
}

const button = document.getElementById("theme");
button.addEventListener("click", () => {
  chosen = isDark() ? "light" : "dark";
  root.style.colorScheme = chosen;
  drawAll();
});
system.addEventListener("change", () => drawAll());
addEventListener("beforeprint", () => drawAll(true));
addEventListener("afterprint", () => drawAll());
drawAll();
