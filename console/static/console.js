// What the pages do beyond links and forms: charts, and selects that lead somewhere. Everything works without it, charts as tables.
(function () {
  "use strict";

  var colours = ["--first", "--second"];
  var days = [1, 2, 7, 14, 30, 90].map(function (number) { return number * 86400; });

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function draw(figure) {
    var told = JSON.parse(figure.dataset.chart);
    var place = figure.querySelector(".plot");
    var axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    place.textContent = "";
    new uPlot(
      {
        width: place.clientWidth,
        height: 220,
        tzDate: function (at) { return uPlot.tzDate(new Date(at * 1000), "UTC"); },
        scales: { y: { range: function (plot, least, most) { return [0, most > 0 ? most * 1.08 : 1]; } } },
        axes: [Object.assign({ incrs: days, space: 64, values: "{MM}-{DD}" }, axis), Object.assign({ size: 56 }, axis)],
        series: [{ value: "{YYYY}-{MM}-{DD}" }].concat(told.series.map(function (one, at) {
          return { label: one.label, stroke: colour(colours[at]), width: 2, fill: at ? undefined : colour("--wash"), points: { show: told.x.length < 32 } };
        })),
      },
      [told.x.map(function (day) { return Date.parse(day + "T00:00:00Z") / 1000; })].concat(told.series.map(function (one) { return one.values; })),
      place
    );
  }

  function drawAll() {
    if (window.uPlot) document.querySelectorAll("figure[data-chart]").forEach(draw);
  }

  // What is wider than its place is scrolled by keyboard too: it can be reached by Tab, under the name of its section.
  function reach() {
    document.querySelectorAll(".wide, .scroll").forEach(function (place) {
      if (place.scrollWidth <= place.clientWidth) return;
      var heading = (place.closest("section") || document).querySelector("h1[id], h2[id]");
      place.tabIndex = 0;
      place.setAttribute("role", "region");
      if (!place.hasAttribute("aria-label")) place.setAttribute("aria-label", heading ? heading.firstChild.textContent.trim() : "Table");
    });
  }

  document.addEventListener("htmx:afterSettle", reach);
  document.addEventListener("DOMContentLoaded", function () {
    drawAll();
    reach();
    var here = document.querySelector(".top nav [aria-current]");
    if (here) here.scrollIntoView({ inline: "center", block: "nearest" });
    document.querySelectorAll("select[data-goto]").forEach(function (select) {
      select.addEventListener("change", function () { location.href = select.value + location.search; });
    });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  var waiting;
  addEventListener("resize", function () { clearTimeout(waiting); waiting = setTimeout(function () { drawAll(); reach(); }, 150); });
})();
