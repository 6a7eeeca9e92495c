// softmax(z / T) of what a panel carries: the likeliest tokens one by one, the others in bins of their count and mean.
const BIN = 0.01; // nats

function temper(panel, t) {
  const z = [...panel.logprobs, ...panel.rest.map(([, mean]) => mean)];
  const n = [...panel.logprobs.map(() => 1), ...panel.rest.map(([count]) => count)];
  const cold = t === 0; // the limit: argmax, the first of equals
  const one = z.map((value, place) => (cold ? Number(place === 0) : Math.exp((value - z[0]) / t)));
  const sum = one.reduce((sum, weight, place) => sum + weight * n[place], 0);
  const p = one.map((weight) => weight / sum); // of each token of an entry
  const kept = [], mass = []; // tokens up to and with an entry, and their probability
  let entropy = cold ? 0 : Math.log(sum), tokens = 0, so_far = 0;
  p.forEach((probability, place) => {
    if (!cold) entropy -= (n[place] * probability * (z[place] - z[0])) / t;
    kept.push((tokens += n[place]));
    mass.push((so_far += n[place] * probability));
  });
  return { t, z, n, p, kept, mass, entropy, size: tokens };
}

const before = (list, place) => (place ? list[place - 1] : 0);

function massOf(d, count) {
  const place = d.kept.findIndex((tokens) => tokens >= count);
  return place < 0 ? 1 : Math.min(1, before(d.mass, place) + (count - before(d.kept, place)) * d.p[place]);
}

// How many of the likeliest tokens each filter keeps by itself; equals of the k-th stay.
function topK(d, k) {
  if (d.t === 0) return 1;
  if (k === 0 || k >= d.size) return d.size;
  const exact = d.n.filter((count) => count === 1).length;
  while (k < exact && d.z[k] === d.z[k - 1]) k += 1;
  return k;
}

function topP(d, p) {
  const place = p < 1 ? d.mass.findIndex((mass) => mass >= p) : -1;
  if (place < 0) return d.t === 0 ? 1 : d.size;
  const more = Math.ceil((p - before(d.mass, place)) / d.p[place]);
  return before(d.kept, place) + Math.min(Math.max(more, 1), d.n[place]);
}

function minP(d, p) {
  if (d.t === 0) return 1;
  const least = d.z[0] + d.t * Math.log(p);
  return d.z.reduce((kept, z, place) => {
    const share = d.n[place] === 1 ? Number(z >= least) : (z + BIN / 2 - least) / BIN;
    return kept + Math.round(d.n[place] * Math.min(Math.max(share, 0), 1));
  }, 0);
}

// What all filters leave together: top-k, then top-p of what it kept, then min-p.
function leftBy(d, filters) {
  let count = topK(d, filters.top_k);
  if (filters.top_p < 1) count = Math.min(count, topP(d, filters.top_p * massOf(d, count)));
  return filters.min_p > 0 ? Math.min(count, minP(d, filters.min_p)) : count;
}

const FILTERS = {
  top_k: { name: "top-k", off: (value) => value === 0, kept: topK, valid: (v) => Number.isInteger(v) && v >= 0 },
  top_p: { name: "top-p", off: (value) => value === 1, kept: topP, valid: (v) => v > 0 && v <= 1 },
  min_p: { name: "min-p", off: (value) => value === 0, kept: minP, valid: (v) => v >= 0 && v <= 1 },
};

// A probability for the eye, as the tables have it: 0.4072, or 2.31e-14.
function probability(p) {
  if (p === 0) return "0";
  return p >= 0.01 ? p.toFixed(4) : p.toExponential(2).replace(/-(\d)$/, "-0$1");
}

const counted = (n) => Math.round(n).toLocaleString("en-US");
const choices = (n) => (n < 1000 ? n.toFixed(1) : counted(n));

function put(root, name, value, text) {
  const data = root.querySelector(`[data-of="${name}"]`);
  data.value = String(value);
  data.textContent = text;
}

// The least of 1, 0.5, 0.2, 0.1 ... that holds a probability: what a whole bar stands for.
function scale(p) {
  const power = 10 ** Math.floor(Math.log10(p) + 1e-9);
  return [1, 2, 5, 10].map((one) => one * power).find((bound) => bound >= p - 1e-12);
}

function slider(section, panel) {
  const range = section.querySelector(".range"), number = section.querySelector(".number");
  const presets = [...section.querySelectorAll("[data-t]")], rows = [...section.querySelectorAll("tbody tr")];
  const settings = { top_k: panel.top_k, top_p: panel.top_p, min_p: panel.min_p };
  const seen = (t) => panel.seen.find((one) => one.temperature === t);

  function cuts(d) {
    for (const [key, filter] of Object.entries(FILTERS)) {
      const line = section.querySelector(`[data-cut="${key}"]`), off = filter.off(settings[key]);
      line.hidden = off;
      const kept = filter.kept(d, settings[key]), mass = massOf(d, kept);
      put(line, `${key}_kept`, kept, counted(kept));
      put(line, `${key}_mass`, mass, mass.toFixed(3));
      line.querySelector(".name").textContent = `${filter.name} ${settings[key]}`;
    }
  }

  function bars(d) {
    const left = leftBy(d, settings), mass = massOf(d, left), drawn = seen(d.t);
    const listed = panel.tokens.length, whole = scale(d.p[0]); // what a whole bar stands for
    const others = 1 - d.mass[listed - 1], over = Math.max(0, left - listed);
    const shares = drawn && [...drawn.shares, Math.max(0, 1 - drawn.shares.reduce((sum, share) => sum + share, 0))];
    rows.forEach((row, place) => {
      const last = place === listed, p = last ? Math.max(0, others) : d.p[place];
      const after = last ? (over ? 1 - d.mass[listed - 1] / mass : 0) : place < left ? p / mass : 0;
      put(row, "probability", p, probability(p));
      if (!last) put(row, "cumulative_probability", d.mass[place], d.mass[place].toFixed(4));
      put(row, "drawn", after, probability(Math.max(0, after)));
      if (panel.seen.length) put(row, "seen", shares ? shares[place] : "", shares ? shares[place].toFixed(3) : "-");
      if (!last) row.querySelector(".fill").style.width = `${(100 * p) / whole}%`;
      row.classList.toggle("cut", after <= 0);
    });
    section.querySelector(".whole").textContent = said("whole", { whole });
    const cutting = Object.entries(FILTERS).some(([key, filter]) => !filter.off(settings[key]));
    section.classList.toggle("cutting", cutting);
  }

  function show(t) {
    const d = temper(panel, t);
    range.value = number.value = t;
    put(section, "temperature", t, `${t}`);
    put(section, "entropy_bits", d.entropy / Math.LN2, (d.entropy / Math.LN2).toFixed(2));
    put(section, "choices", Math.exp(d.entropy), choices(Math.exp(d.entropy)));
    for (const preset of presets) preset.setAttribute("aria-pressed", String(Number(preset.dataset.t) === t));
    cuts(d);
    bars(d);
  }

  let current = panel.temperatures.find((t) => t > 0) ?? 0; // the first that was asked for, as the heading says
  const to = (t) => {
    if (Number.isFinite(t) && t >= 0) show((current = t));
  };
  range.addEventListener("input", () => to(range.valueAsNumber));
  number.addEventListener("change", () => to(number.valueAsNumber));
  for (const preset of presets) preset.addEventListener("click", () => to(Number(preset.dataset.t)));
  for (const input of section.querySelectorAll("[data-filter]")) {
    input.addEventListener("input", () => {
      const value = input.valueAsNumber, valid = FILTERS[input.dataset.filter].valid(value);
      input.setAttribute("aria-invalid", String(!valid));
      if (valid) settings[input.dataset.filter] = value;
      show(current);
    });
  }
  show(current);
}
