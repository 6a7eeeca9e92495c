"""What stands still of a panel: controls, text, the rows of a table; the page's scripts fill in the numbers."""

from llmlab.language import later, tr
from llmlab.render.html import text
from llmlab.render.page.language import marked
from llmlab.render.page.shades import step
from llmlab.render.safe import visible
from llmlab.view import Panel, Shaded, Shading, TemperatureSlider

HOTTEST = 5.0  # the end of a slider, unless more was asked for
FILTERS = (
    ("top_k", "top-k", 'min="0" step="1"', later("0: off")),
    ("top_p", "top-p", 'min="0.01" max="1" step="0.01"', later("1: off")),
    ("min_p", "min-p", 'min="0" max="1" step="0.01"', later("0: off")),
)


def drawn(panel: Panel, place: int) -> str:
    """A panel of a page, the place-th of them."""
    kind, inside = (
        ("slider", _slider(panel, place))
        if isinstance(panel, TemperatureSlider)
        else ("shading", _shading(panel, place))
    )
    named = f'class="panel {kind}" data-panel="{place}" data-kind="{kind}" aria-labelledby="panel-{place}"'
    return f"<section {named}>\n{inside}\n</section>"


def _slider(panel: TemperatureSlider, place: int) -> str:
    others = sum(count for count, _ in panel.rest)
    size = len(panel.logprobs) + others
    asked = tr("What comes after {text}: softmax(z / T) over {count:,} tokens.", text=_quote(panel.title), count=size)
    return "\n".join(
        (
            f'<h2 id="panel-{place}">{tr("Play with the temperature")}</h2>',
            f'<p class="asked">{asked}</p>',
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
    named = f'class="number" min="0" step="0.1" aria-label="{tr("temperature, as a number")}"'
    exact = f'<input type="number" {named}>'
    asked = f'<div class="presets" role="group" aria-label="{tr("temperatures that were asked for")}">{presets}</div>'
    label = f'<label for="t-{place}">{tr("temperature T")}</label>'
    return f'<div class="controls">{label}{slide}{exact}</div>\n{asked}'


def _filters(panel: TemperatureSlider, place: int) -> str:
    fields = []
    for name, label, limits, off in FILTERS:
        named = f'type="number" id="{name}-{place}" data-filter="{name}" value="{getattr(panel, name):g}"'
        fields.append(
            f'<span><label for="{name}-{place}">{label}</label> <input {named} {limits} title="{tr(off)}"></span>'
        )
    return f'<div class="controls">{"".join(fields)}</div>'


def _measures(place: int) -> str:
    cuts = "".join(f'<li data-cut="{name}">{_kept(name, label)}</li>' for name, label, _, _ in FILTERS)
    said = tr(
        "T = {temperature}: entropy {bits} bits, as uncertain as {choices} equal choices (exp H)",
        temperature=_data("temperature"),
        bits=_data("entropy_bits"),
        choices=_data("choices"),
    )
    return f'<p class="measures"><output for="t-{place}">{said}</output></p>\n<ul class="cuts">{cuts}</ul>'


def _kept(name: str, label: str) -> str:
    return tr(
        "tokens that {filter} keeps: {count}, with {mass} of the probability",
        filter=f'<span class="name">{label}</span>',
        count=_data(f"{name}_kept"),
        mass=_data(f"{name}_mass"),
    )


def _data(name: str) -> str:
    """Where a script puts a figure: what is seen, and all its digits as the element's value."""
    return f'<data data-of="{name}" value=""></data>'


def _rows(panel: TemperatureSlider, size: int) -> str:
    names = [
        (str(rank), f'<th scope="row"{marked(token)}>{text(token)}</th>') for rank, token in enumerate(panel.tokens, 1)
    ]
    others = tr("all {count:,} others", count=size - len(panel.tokens))
    names.append(("", f'<th scope="row">{others}</th>'))
    body = "".join(_row(rank, name, bool(panel.seen)) for rank, name in names)
    table = f"<caption>{_caption(panel)}</caption><thead><tr>{_heads(panel)}</tr></thead><tbody>{body}</tbody>"
    named = f'role="group" aria-label="{tr("tokens")}"'
    return f'<div class="wide" tabindex="0" {named}><table class="live">{table}</table></div>'


def _heads(panel: TemperatureSlider) -> str:
    seen = f'<th scope="col" class="n">{tr("seen")}</th>' if panel.seen else ""
    return (
        f'<th scope="col" class="n">#</th><th scope="col">{tr("token")}</th><th scope="col" class="n">P</th>'
        '<th scope="col" class="bar"><span class="whole"></span></th>'
        f'<th scope="col" class="n soft-column">{tr("sum")}</th>'
        f'<th scope="col" class="n drawn">{tr("after the filters")}</th>{seen}'
    )


def _caption(panel: TemperatureSlider) -> str:
    said = tr(
        "P: softmax(z / T). sum: of this row and those above. after the filters: P when those have been left out that "
        "top-k, top-p and min-p cut."
    )
    if not panel.seen:
        return said
    draws = tr(", ").join(tr("{draws:,} at T = {t:g}", draws=one.draws, t=one.temperature) for one in panel.seen)
    return said + tr(" seen: the share of samples that begin with the token ({draws}).", draws=draws)


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
    if not others:
        return tr(
            "Computed in this page from the model's log-probabilities at T = 1: all {count:,} tokens one by one. T = 0 "
            "is argmax.",
            count=highest,
        )
    return tr(
        "Computed in this page from the model's log-probabilities at T = 1: the {count:,} likeliest tokens one by one, "
        "the other {others:,} in bins of 0.01 nats, each by its count and mean. P, sums and entropy are right to 1e-4 "
        "for T from 0.5 to 5; how many tokens a filter keeps is exact up to {count:,}, and a close estimate beyond. "
        "T = 0 is argmax.",
        count=highest,
        others=others,
    )


def _shading(panel: Shading, place: int) -> str:
    parts = "".join(_part(part, number == 0) for number, part in enumerate(panel.parts))
    whole = "".join(part.text for part in panel.parts)
    legend = "".join(f'<li class="{step(share)}">{text(name)}</li>' for name, share in panel.legend)
    how = tr("Point at a part, or come to the text by Tab and go on by the arrow keys.")
    named = f'role="listbox" aria-orientation="horizontal" aria-labelledby="panel-{place}" dir="auto"'
    return "\n".join(
        (
            f'<h2 id="panel-{place}">{text(panel.title)}</h2>',
            f'<p class="soft">{how}</p>',
            f'<div class="text" {named}{marked(whole)}>{parts}</div>',
            f'<div class="card" role="tooltip" id="card-{place}" hidden></div>',
            f'<ul class="legend" aria-label="{tr("what the shades say")}">{legend}</ul>',
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
    return f"<q{marked(of)}>{text(visible(of))}</q>"
