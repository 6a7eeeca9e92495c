"""What stands still of a panel: controls, text, the rows of a table; the page's scripts fill in the numbers."""

from llmlab.render.html import text
from llmlab.render.page.language import language, marked
from llmlab.render.page.shades import step
from llmlab.render.safe import visible
from llmlab.view import Panel, Shaded, Shading, TemperatureSlider

HOTTEST = 5.0  # the end of a slider, unless more was asked for
FILTERS = (
    ("top_k", "top-k", 'min="0" step="1"', "0: off"),
    ("top_p", "top-p", 'min="0.01" max="1" step="0.01"', "1: off"),
    ("min_p", "min-p", 'min="0" max="1" step="0.01"', "0: off"),
)


def drawn(panel: Panel, place: int, tongue: str) -> str:
    """A panel of a page in a language, the place-th of them."""
    kind, inside = (
        ("slider", _slider(panel, place))
        if isinstance(panel, TemperatureSlider)
        else ("shading", _shading(panel, place))
    )
    named = f'class="panel {kind}" data-panel="{place}" data-kind="{kind}" aria-labelledby="panel-{place}"'
    return f"<section {named}{marked('en', tongue)}>\n{inside}\n</section>"


def _slider(panel: TemperatureSlider, place: int) -> str:
    others = sum(count for count, _ in panel.rest)
    size = len(panel.logprobs) + others
    return "\n".join(
        (
            f'<h2 id="panel-{place}">Play with the temperature</h2>',
            f'<p class="asked">What comes after {_quote(panel.title)}: softmax(z / T) over {size:,} tokens.</p>',
            *([f'<p class="asked">{text(panel.note)}</p>'] if panel.note else []),
            _temperatures(panel, place),
            _filters(panel, place),
            _measures(place),
            _rows(panel, size),
            f'<p class="soft">{_how(len(panel.logprobs), others)}</p>',
        )
    )


def _temperatures(panel: TemperatureSlider, place: int) -> str:
    end = max(HOTTEST, *panel.temperatures)
    presets = "".join(f'<button type="button" data-t="{t!r}">T = {t:g}</button>' for t in panel.temperatures)
    slide = f'<input type="range" class="range" id="t-{place}" min="0" max="{end:g}" step="0.01">'
    exact = '<input type="number" class="number" min="0" step="0.1" aria-label="temperature, as a number">'
    asked = f'<div class="presets" role="group" aria-label="temperatures that were asked for">{presets}</div>'
    return f'<div class="controls"><label for="t-{place}">temperature T</label>{slide}{exact}</div>\n{asked}'


def _filters(panel: TemperatureSlider, place: int) -> str:
    fields = []
    for name, label, limits, off in FILTERS:
        named = f'type="number" id="{name}-{place}" data-filter="{name}" value="{getattr(panel, name):g}"'
        fields.append(
            f'<span><label for="{name}-{place}">{label}</label> <input {named} {limits} title="{off}"></span>'
        )
    return f'<div class="controls">{"".join(fields)}</div>'


def _measures(place: int) -> str:
    cuts = "".join(
        f'<li data-cut="{name}">tokens that <span class="name">{label}</span> keeps: {_data(f"{name}_kept")}, '
        f"with {_data(f'{name}_mass')} of the probability</li>"
        for name, label, _, _ in FILTERS
    )
    said = f"T = {_data('temperature')}: entropy {_data('entropy_bits')} bits, as uncertain as {_data('choices')}"
    return (
        f'<p class="measures"><output for="t-{place}">{said} equal choices (exp H)</output></p>\n'
        f'<ul class="cuts">{cuts}</ul>'
    )


def _data(name: str) -> str:
    """Where a script puts a figure: what is seen, and all its digits as the element's value."""
    return f'<data data-of="{name}" value=""></data>'


def _rows(panel: TemperatureSlider, size: int) -> str:
    seen = '<th scope="col" class="n">seen</th>' if panel.seen else ""
    heads = (
        '<th scope="col" class="n">#</th><th scope="col">token</th><th scope="col" class="n">P</th>'
        f'<th scope="col" class="bar"><span class="whole"></span></th><th scope="col" class="n soft-column">sum</th>'
        f'<th scope="col" class="n drawn">after the filters</th>{seen}'
    )
    names = [
        (str(rank), f'<th scope="row"{marked(language(token), "en")}>{text(token)}</th>')
        for rank, token in enumerate(panel.tokens, 1)
    ]
    names.append(("", f'<th scope="row">all {size - len(panel.tokens):,} others</th>'))
    body = "".join(_row(rank, name, bool(panel.seen)) for rank, name in names)
    said = "P: softmax(z / T). sum: of this row and those above. after the filters: P when those have been left out"
    said += " that top-k, top-p and min-p cut." + (_said_of_seen(panel) if panel.seen else "")
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="tokens"><table class="live"><caption>{said}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _said_of_seen(panel: TemperatureSlider) -> str:
    draws = ", ".join(f"{one.draws:,} at T = {one.temperature:g}" for one in panel.seen)
    return f" seen: the share of samples that begin with the token ({draws})."


def _row(rank: str, name: str, seen: bool) -> str:
    sums = _data("cumulative_probability") if rank else ""
    bar = (
        '<div class="track"><div class="fill"></div></div>' if rank else ""
    )  # a sum has none: it would dwarf the others
    return (
        f'<tr><td class="n">{rank}</td>{name}<td class="n">{_data("probability")}</td><td class="bar">{bar}</td>'
        f'<td class="n soft-column">{sums}</td><td class="n drawn">{_data("drawn")}</td>'
        + (f'<td class="n">{_data("seen")}</td>' if seen else "")
        + "</tr>"
    )


def _how(highest: int, others: int) -> str:
    said = "Computed in this page from the model's log-probabilities at T = 1: "
    if not others:
        return f"{said}all {highest:,} tokens one by one. T = 0 is argmax."
    return (
        f"{said}the {highest:,} likeliest tokens one by one, the other {others:,} in bins of 0.01 nats, each by its "
        "count and mean. P, sums and entropy are right to 1e-4 for T from 0.5 to 5; how many tokens a filter keeps is "
        f"exact up to {highest:,}, and a close estimate beyond. T = 0 is argmax."
    )


def _shading(panel: Shading, place: int) -> str:
    parts = "".join(_part(part, number == 0) for number, part in enumerate(panel.parts))
    whole = "".join(part.text for part in panel.parts)
    legend = "".join(f'<li class="{step(share)}">{text(name)}</li>' for name, share in panel.legend)
    named = f'role="listbox" aria-orientation="horizontal" aria-labelledby="panel-{place}" dir="auto"'
    return "\n".join(
        (
            f'<h2 id="panel-{place}">{text(panel.title)}</h2>',
            '<p class="soft">Point at a part, or come to the text by Tab and go on by the arrow keys.</p>',
            f'<div class="text" {named}{marked(language(whole), "en")}>{parts}</div>',
            f'<div class="card" role="tooltip" id="card-{place}" hidden></div>',
            f'<ul class="legend" aria-label="what the shades say">{legend}</ul>',
        )
    )


def _part(part: Shaded, first: bool) -> str:
    shown = visible(part.text, alone=False)
    named = f' aria-label="{text(shown.replace(" ", "␣"))}"' if not part.text.strip() else ""
    stop = "0" if first else "-1"
    inside = text(shown).replace("↵", "↵\n")
    at = f'role="option" tabindex="{stop}" aria-selected="{"true" if first else "false"}"'
    return f'<span class="part {step(part.share)}" {at}{named}>{inside}</span>'


def _quote(of: str) -> str:
    return f"<q{marked(language(of), 'en')}>{text(visible(of))}</q>"
