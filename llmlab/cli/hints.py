"""The one thing to try after a result, as a whole command with the words that were asked. For who watches a terminal.

A verb has a few, in the order in which a learner meets them; the first that has something new to ask is told.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from llmlab.cli.past import Past, is_odd
from llmlab.errors import LabError
from llmlab.lab.languages import UNSPACED, language, speaking
from llmlab.language import later, tr
from llmlab.names import composed

Words = Sequence[str]
Hint = tuple[str, Callable[[Past], Words]]  # what it shows, and a command; none where it has nothing to show
RANK = 300  # a word of a space that many know


def offer(ctx: Any) -> None:
    """Tell who watches what to try after a verb, unless the settings say no."""
    past = Past(ctx)
    if past.odd or not past.world.config.hints:
        return
    for what, words in HINTS.get(past.verb, ()):
        if asked := words(past):
            past.world.tell(tr("next, {what}: {command}", what=tr(what), command=past.line(asked)) + "\n")
            return


def _latin(text: str) -> bool:
    return language(text) not in UNSPACED


def _bare(text: str) -> str:
    """A sentence without its last point, so that it can go on."""
    return text.rstrip(" .!?。！？…")


def _picture(name: str, past: Past) -> list[str]:
    """`--plot` with a file that can be drawn here and is none yet."""
    from llmlab.render.plot import check

    with suppress(LabError):
        check(Path(name))
        return [] if past.has("plot") or Path(name).exists() else ["--plot", name]
    return []


def _drawn(verb: str) -> Callable[[Past], Words]:
    def words(past: Past) -> Words:
        drawn = _picture(f"{verb}.html", past)
        return [verb, *past.texts, *drawn] if drawn else []

    return words


def _same(verb: str, *more: str) -> Callable[[Past], Words]:
    """Another verb of the same texts."""
    return lambda past: [verb, *past.texts, *more] if past.texts else []


def _formula(past: Past) -> Words:
    if len(past.texts) != 1 or past.several or past.has("formula", "strip"):
        return []
    by = [] if _latin(past.texts[0]) else ["--by", "character"]
    return ["prob", *past.texts, *by, "--formula"]


def _compare(past: Past) -> Words:
    return ["compare", *past.texts] if len(past.texts) == 2 else []


def _per_token(past: Past) -> Words:
    many = len(past.texts) > 2 and not past.several
    return ["prob", *past.texts, "--per-token"] if many and not past.has("per_token") else []


def _orders(past: Past) -> Words:
    """Of a short sentence whose words stand apart."""
    text = past.texts[0]
    return ["orders", text] if _latin(text) and 2 <= len(text.split()) <= 6 and "|" not in text else []


def _go_on(past: Past) -> Words:
    begun = _bare(past.texts[0])
    return ["next", begun] if begun else []


def _temperatures(past: Past) -> Words:
    return (
        []
        if past.served or past.has("temperature", "sweep", "counts")
        else ["next", *past.texts, "--temperature", "0.2,1,2"]
    )


def _sweep(past: Past) -> Words:
    asked = (past.given.get("temperature") or "").split(",")
    if len(asked) > 1 or past.has("sweep", "prompts", "stream", "out"):
        return []
    return ["generate", *past.texts, "--sweep", "0:2:0.5", "--samples", "10"]


def _samples(past: Past) -> Words:
    return ["generate", *past.texts, "--temperature", "0,1", "--samples", "10"]


def _trace(past: Past) -> Words:
    return [] if past.served or past.has("prompts") else ["trace", *past.texts]


def _tree(past: Past) -> Words:
    return ["tree", *past.texts, "--depth", "2"]


def _kinds(past: Past) -> Words:
    return [] if past.has("candidate", "kind") else ["cloze", *past.texts, "--kind", "noun,verb"]


def _before_blank(past: Past) -> Words:
    before = past.texts[0].partition("[?]")[0].rstrip()
    return ["next", before] if before else []


def _sentence(past: Past) -> Words:
    """A sentence whose words were parted by |, as it is written."""
    text = past.texts[0]
    whole = text.replace("|", " " if _latin(text) else "")
    return ["prob", whole, "--by", "word" if _latin(text) else "character"]


def _choices(past: Past) -> Words:
    return ["next", past.texts[0]] if past.has("choice") else []


def _shots(past: Past) -> Words:
    return [] if past.has("choice", "shots") else ["choose", *past.texts, "--shots", "0,1,2,4"]


def _two_models(verb: str) -> Callable[[Past], Words]:
    def words(past: Past) -> Words:
        first = (past.given.get("model") or [past.world.config.model])[0]
        others = [name for name, one in past.world.config.models.items() if one.kind == "causal" and name != first]
        two = ["--model", first, "--model", others[0]] if others else []
        return [] if past.several or not two or past.has("dtype") else [verb, *past.texts, *two]

    return words


def _odd_one(past: Past) -> Words:
    return ["odd", *past.texts] if len(past.texts) > 2 else []


def _tokens(past: Past) -> Words:
    return [] if len(past.texts) > 1 or past.has("tokens", "space", "word") else ["embed", *past.texts, "--tokens"]


def _nearest(past: Past) -> Words:
    alone = len(past.texts) == 1 and not set(past.texts[0]) & set(" +")
    return ["neighbors", *past.texts] if alone else []


def _spaces(past: Past) -> Words:
    """The same in up to three spaces that know the words and are prepared."""
    config, words = past.world.config, past.texts
    known = [name for name in speaking(config.spaces, " ".join(words)) if (config.spaces_folder / name).is_dir()]
    if past.has("space", "spaces", "standardize") or len(known) < 2:
        return []
    return ["neighbors", *words, "--spaces", ",".join(known[:3])]


def _other_words(past: Past) -> Words:
    """Where forms of the word are among its neighbours."""
    from llmlab.lab.vectors.filters import not_forms_of

    shown, plain = past.world.shown, all(_latin(word) and word.isalpha() for word in past.texts)
    if shown is None or not plain or past.has("exclude_forms", "against"):
        return []
    others = not_forms_of(past.texts, "en")
    return [] if all(map(others, shown.values())) else ["neighbors", *past.texts, "--exclude-forms"]


def _why(past: Past) -> Words:
    plain = len(past.texts) > 1 and not any(set("+") & set(text) for text in past.texts)
    return ["why", *past.texts[:2]] if plain else []


def _vectors(past: Past) -> Words:
    return ["embed", *past.texts, "--strip"]


def _layer(past: Past) -> Words:
    return [] if past.has("layer") else ["attention", *past.texts, "--layer", "1"]


def _learned(past: Past) -> Words:
    name, text = composed(past.given["name"]), past.given.get("text")
    watched = (past.given.get("watch") or "").split(",")[0].strip()
    word = watched or {"english": "cat", "chinese": "猫"}.get(str(text), "")
    first = (past.given.get("steps") or "0").split(",")[0].strip()
    return ["neighbors", word, "--space", f"{name}@{first}", "--space", name] if word else []


def _word(past: Past) -> Words:
    """A word of the space that was shown, or of the one that answers."""
    from llmlab.spaces.beginning import beginning

    config = past.world.config
    name = past.texts[0] if past.texts else config.space
    words = beginning(config.spaces_folder / composed(name), "", RANK)
    return ["neighbors", words[-1], "--space", name] if words and not is_odd(words[-1]) else []


def _letters(past: Past) -> Words:
    return [] if past.has("file", "by") else ["guess", "--by", "character"]


def _of_cache(verb: str) -> Callable[[Past], Words]:
    return lambda _: ["cache", verb]


def _a_model(past: Past) -> Words:
    return ["models", "show", past.world.config.model]


def _ask_model(past: Past) -> Words:
    entry = past.world.config.models.get(past.texts[0])
    return ["next", "Once upon a", "--model", past.texts[0]] if entry and entry.kind == "causal" else []


def _ask_served(past: Past) -> Words:
    from llmlab.models import servers

    name = past.given["name"]
    own = [] if servers.named(past.world.config, name) else ["--engine", "server"]
    return ["next", "Once upon a", "--model", name, *own]


HINTS: dict[str, tuple[Hint, ...]] = {
    "prob": (
        (later("write out the chain rule"), _formula),
        (later("see where the two differ"), _compare),
        (later("even out their lengths"), _per_token),
        (later("see what may follow"), _go_on),
    ),
    "next": (
        (later("see what temperature does"), _temperatures),
        (later("draw it, with a slider for T"), _drawn("next")),
        (later("draw samples, cold and warm"), _samples),
    ),
    "compare": (
        (later("rank every order of its words"), _orders),
        (later("see what each is cut into"), _same("tokens")),
    ),
    "orders": ((later("see which part is the least expected"), _sentence),),
    "cloze": (
        (later("try the common nouns and verbs"), _kinds),
        (later("ask without what follows the blank"), _before_blank),
    ),
    "choose": ((later("see all that may follow"), _choices), (later("put examples before each"), _shots)),
    "pairs": ((later("set two models side by side"), _two_models("pairs")), (later("draw it"), _drawn("pairs"))),
    "perplexity": ((later("see whether its probabilities hold"), _same("calibration")),),
    "calibration": ((later("measure how well the text is predicted"), _same("perplexity")),),
    "generate": ((later("sweep the temperature"), _sweep), (later("follow one sample step by step"), _trace)),
    "trace": ((later("see where the text may go"), _tree),),
    "tree": ((later("draw samples, cold and warm"), _samples),),
    "embed": (
        (later("find the one that does not belong"), _odd_one),
        (later("see which dimensions make the two near"), _why),
        (later("list the nearest words"), _nearest),
        (later("see a vector a token"), _tokens),
    ),
    "neighbors": (
        (later("see the same in other spaces"), _spaces),
        (later("leave out the word's own forms"), _other_words),
        (later("see which dimensions make the two near"), _why),
        (later("draw it"), _drawn("neighbors")),
    ),
    "odd": ((later("see which dimensions make the two near"), _why),),
    "why": ((later("see the vectors themselves"), _vectors),),
    "layers": ((later("see where the last token looks"), _same("attention")),),
    "attention": (
        (later("see each head of a layer"), _layer),
        (later("see what each layer would say"), _same("layers")),
    ),
    "tokens": (
        (later("set two tokenizers side by side"), _two_models("tokens")),
        (later("see how likely it is"), _same("prob")),
    ),
    "train vectors": ((later("see a word before and after"), _learned),),
    "guess": ((later("guess letter by letter"), _letters),),
    "space list": ((later("ask for the neighbours of a word"), _word),),
    "space show": ((later("ask for the neighbours of a word"), _word),),
    "space eval": ((later("ask for the neighbours of a word"), _word),),
    "models list": ((later("look into a model"), _a_model),),
    "models show": ((later("ask it"), _ask_model),),
    "models probe": ((later("ask it"), _ask_served),),
    "cache list": ((later("see whether every byte is what was written"), _of_cache("check")),),
    "cache check": ((later("free what nobody needs"), _of_cache("clean")),),
}
