// What a page does when it is open: its panels, its picture, and the words that are found in it.
function embedded(where, chart) {
  // Without `ast` Vega would make functions of texts, which the page's policy forbids.
  const how = { actions: false, ast: true, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true } };
  return vegaEmbed(where, chart, how).then((drawn) => drawn.view);
}

function draw(data) {
  const chart = document.getElementById("chart"), save = document.getElementById("save");
  return embedded(chart, data.chart).then((view) => {
    for (const mark of chart.querySelectorAll("g[role^=graphics]:empty")) mark.setAttribute("aria-hidden", "true");
    save.hidden = false;
    save.addEventListener("click", () => {
      const titled = embedded(document.createElement("div"), { ...data.chart, ...data.titled }); // as `--plot x.svg`
      titled.then((whole) => whole.toImageURL("svg")).then(download);
    });
    return view;
  });
}

function download(url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = `${document.title.slice(0, 60).replace(/[^\p{L}\p{N}]+/gu, "-")}.svg`;
  link.click();
}

function find(view, words) {
  const input = document.getElementById("find"), found = document.getElementById("found");
  if (!input) return;
  input.addEventListener("input", () => {
    const sought = input.value.trim().toLowerCase();
    view.signal("find", sought).runAsync();
    const hits = sought ? words.filter((word) => word.toLowerCase().includes(sought)) : [];
    const listed = { hits: hits.length, all: words.length, words: hits.slice(0, 12).join(", ") };
    found.textContent = sought ? said("found", listed) : "";
  });
}

// A sentence in the page's language, with its values in the places that carry their names.
function said(name, values) {
  return data.sentences[name].replace(/\{(\w+)\}/g, (_, place) => values[place]);
}

const data = JSON.parse(document.getElementById("data").textContent);
const KINDS = { slider, shading };
for (const section of document.querySelectorAll("[data-panel]")) {
  KINDS[section.dataset.kind](section, data.panels[section.dataset.panel]);
}
draw(data).then((view) => find(view, data.words));
