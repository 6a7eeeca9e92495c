"""What to type after a result: each of these functions makes a whole command of the one that was given, or none."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from llmlab.cli.past import Past, is_odd
from llmlab.errors import LabError
from llmlab.lab.languages import UNSPACED, language, speaking
from llmlab.names import composed

Words = Sequence[str]
RANK = 300  # a word of a space that many know


def latin(text: str) -> bool:
    return language(text) not in UNSPACED


def bare(text: str) -> str:
    """A sentence without its last point, so that it can go on."""
    return text.rstrip(" .!?。！？…")


def picture(name: str, past: Past) -> list[str]:
    """`--plot` with a file that can be drawn here and is none yet."""
    from llmlab.render.plot import check

    with suppress(LabError):
        check(Path(name))
        return [] if past.has("plot") or Path(name).exists() else ["--plot", name]
    return []


def drawn(verb: str) -> Callable[[Past], Words]:
    def words(past: Past) -> Words:
        drawn = picture(f"{verb}.html", past)
        return [verb, *past.texts, *drawn] if drawn else []

    return words


def same(verb: str, *more: str) -> Callable[[Past], Words]:
    """Another verb of the same texts."""
    return lambda past: [verb, *past.texts, *more] if past.texts else []


def formula(past: Past) -> Words:
    if len(past.texts) != 1 or past.several or past.has("formula", "strip"):
        return []
    by = [] if latin(past.texts[0]) else ["--by", "character"]
    return ["prob", *past.texts, *by, "--formula"]


def compare(past: Past) -> Words:
    return ["compare", *past.texts] if len(past.texts) == 2 else []


def per_token(past: Past) -> Words:
    many = len(past.texts) > 2 and not past.several
    return ["prob", *past.texts, "--per-token"] if many and not past.has("per_token") else []


def orders(past: Past) -> Words:
    """Of a short sentence whose words stand apart."""
    text = past.texts[0]
    return ["orders", text] if latin(text) and 2 <= len(text.split()) <= 6 and "|" not in text else []


def go_on(past: Past) -> Words:
    begun = bare(past.texts[0])
    return ["next", begun] if begun else []


def temperatures(past: Past) -> Words:
    return (
        []
        if past.served or past.has("temperature", "sweep", "counts")
        else ["next", *past.texts, "--temperature", "0.2,1,2"]
    )


def sweep(past: Past) -> Words:
    asked = (past.given.get("temperature") or "").split(",")
    if len(asked) > 1 or past.has("sweep", "prompts", "stream", "out"):
        return []
    return ["generate", *past.texts, "--sweep", "0:2:0.5", "--samples", "10"]


def samples(past: Past) -> Words:
    return ["generate", *past.texts, "--temperature", "0,1", "--samples", "10"]


def trace(past: Past) -> Words:
    return [] if past.served or past.has("prompts") else ["trace", *past.texts]


def tree(past: Past) -> Words:
    return ["tree", *past.texts, "--depth", "2"]


def kinds(past: Past) -> Words:
    return [] if past.has("candidate", "kind") else ["cloze", *past.texts, "--kind", "noun,verb"]


def before_blank(past: Past) -> Words:
    before = past.texts[0].partition("[?]")[0].rstrip()
    return ["next", before] if before else []


def sentence(past: Past) -> Words:
    """A sentence whose words were parted by |, as it is written."""
    text = past.texts[0]
    whole = text.replace("|", " " if latin(text) else "")
    return ["prob", whole, "--by", "word" if latin(text) else "character"]


def choices(past: Past) -> Words:
    return ["next", past.texts[0]] if past.has("choice") else []


def shots(past: Past) -> Words:
    return [] if past.has("choice", "shots") else ["choose", *past.texts, "--shots", "0,1,2,4"]


def two_models(verb: str) -> Callable[[Past], Words]:
    def words(past: Past) -> Words:
        first = (past.given.get("model") or [past.world.config.model])[0]
        others = [name for name, one in past.world.config.models.items() if one.kind == "causal" and name != first]
        two = ["--model", first, "--model", others[0]] if others else []
        return [] if past.several or not two or past.has("dtype") else [verb, *past.texts, *two]

    return words


def odd_one(past: Past) -> Words:
    return ["odd", *past.texts] if len(past.texts) > 2 else []


def tokens(past: Past) -> Words:
    return [] if len(past.texts) > 1 or past.has("tokens", "space", "word") else ["embed", *past.texts, "--tokens"]


def nearest(past: Past) -> Words:
    alone = len(past.texts) == 1 and not set(past.texts[0]) & set(" +")
    return ["neighbors", *past.texts] if alone else []


def spaces(past: Past) -> Words:
    """The same in up to three spaces that know the words and are prepared."""
    config, words = past.world.config, past.texts
    known = [name for name in speaking(config.spaces, " ".join(words)) if (config.spaces_folder / name).is_dir()]
    if past.has("space", "spaces", "standardize") or len(known) < 2:
        return []
    return ["neighbors", *words, "--spaces", ",".join(known[:3])]


def other_words(past: Past) -> Words:
    """Where forms of the word are among its neighbours."""
    from llmlab.lab.vectors.filters import not_forms_of

    shown, plain = past.world.shown, all(latin(word) and word.isalpha() for word in past.texts)
    if shown is None or not plain or past.has("exclude_forms", "against"):
        return []
    others = not_forms_of(past.texts, "en")
    return [] if all(map(others, shown.values())) else ["neighbors", *past.texts, "--exclude-forms"]


def why(past: Past) -> Words:
    plain = len(past.texts) > 1 and not any(set("+") & set(text) for text in past.texts)
    return ["why", *past.texts[:2]] if plain else []


def vectors(past: Past) -> Words:
    return ["embed", *past.texts, "--strip"]


def layer(past: Past) -> Words:
    return [] if past.has("layer") else ["attention", *past.texts, "--layer", "1"]


def learned(past: Past) -> Words:
    name, text = composed(past.given["name"]), past.given.get("text")
    watched = (past.given.get("watch") or "").split(",")[0].strip()
    word = watched or {"english": "cat", "chinese": "猫"}.get(str(text), "")
    first = (past.given.get("steps") or "0").split(",")[0].strip()
    return ["neighbors", word, "--space", f"{name}@{first}", "--space", name] if word else []


def word(past: Past) -> Words:
    """A word of the space that was shown, or of the one that answers."""
    from llmlab.spaces.beginning import beginning

    config = past.world.config
    name = past.texts[0] if past.texts else config.space
    words = beginning(config.spaces_folder / composed(name), "", RANK)
    return ["neighbors", words[-1], "--space", name] if words and not is_odd(words[-1]) else []


def letters(past: Past) -> Words:
    return [] if past.has("file", "by") else ["guess", "--by", "character"]


def of_cache(verb: str) -> Callable[[Past], Words]:
    return lambda _: ["cache", verb]


def a_model(past: Past) -> Words:
    return ["models", "show", past.world.config.model]


def ask_model(past: Past) -> Words:
    entry = past.world.config.models.get(past.texts[0])
    return ["next", "Once upon a", "--model", past.texts[0]] if entry and entry.kind == "causal" else []


def ask_served(past: Past) -> Words:
    from llmlab.models import servers

    name = past.given["name"]
    own = [] if servers.named(past.world.config, name) else ["--engine", "server"]
    return ["next", "Once upon a", "--model", name, *own]
