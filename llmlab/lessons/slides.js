// One slide at a time, as large as the window; what is too long for a slide is set in smaller letters until it fits.
const LEAST = 6, LARGE = 24; // pixels of a letter
const slides = [...document.querySelectorAll(".slide")];
const deck = document.getElementById("deck");
let place = 0;

function fits(body) {
  return body.scrollHeight <= body.clientHeight && body.scrollWidth <= body.clientWidth;
}

// The size of letters at which a slide's body fits, at most its own.
function fit(body) {
  body.style.fontSize = "";
  let most = parseFloat(getComputedStyle(body).fontSize), least = LEAST;
  if (fits(body)) return most;
  while (most - least > 0.25) {
    const middle = (most + least) / 2;
    body.style.fontSize = `${middle}px`;
    if (fits(body)) least = middle; else most = middle;
  }
  body.style.fontSize = `${least}px`;
  return least;
}

// Below each other as on a terminal; where letters become small, tables and their notes side by side if that is larger.
function lay(body) {
  const below = fit(body);
  if (below >= LARGE) return;
  body.classList.add("beside");
  if (fit(body) > below) return;
  body.classList.remove("beside");
  fit(body);
}

function show(wanted) {
  place = Math.max(0, Math.min(slides.length - 1, wanted));
  slides.forEach((slide, number) => slide.classList.toggle("shown", number === place));
  document.getElementById("back").disabled = place === 0;
  document.getElementById("on").disabled = place === slides.length - 1;
  history.replaceState(null, "", `#${place + 1}`);
}

function scale() {
  deck.style.setProperty("--scale", Math.min(innerWidth / 1280, innerHeight / 720));
}

const KEYS = {
  ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Backspace: -1,
  Home: -Infinity, End: Infinity,
};
document.addEventListener("keydown", (event) => {
  const step = KEYS[event.key];
  if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === " " && event.target.closest("button")) return; // which it presses
  event.preventDefault();
  show(place + (event.key === " " && event.shiftKey ? -1 : step));
});
document.getElementById("back").addEventListener("click", () => show(place - 1));
document.getElementById("on").addEventListener("click", () => show(place + 1));
addEventListener("resize", scale);
addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1 || 0));

document.documentElement.classList.add("live");
scale();
slides.forEach((slide) => lay(slide.querySelector(".body")));
show(Number(location.hash.slice(1)) - 1 || 0);
