const plots = [...document.querySelectorAll(".plot")];
const PAPER = 660; // printable width of an A4 or letter page in pixels
for (const plot of plots) {
  const figure = JSON.parse(document.getElementById(plot.id + "-data").textContent);
  Plotly.newPlot(plot, figure.data, figure.layout, { responsive: true, displayModeBar: false });
}
// Printing does not trigger a resize event.
addEventListener("beforeprint", () => plots.forEach((plot) => Plotly.relayout(plot, { width: PAPER })));
addEventListener("afterprint", () => plots.forEach((plot) => Plotly.relayout(plot, { width: null, autosize: true })));
