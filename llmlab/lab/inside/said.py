"""What is said of tokens: of one text, and of several beside each other."""

from typing import TYPE_CHECKING

from llmlab.lab.text import many, quoted
from llmlab.language import tr, tr_many
from llmlab.render.safe import visible

if TYPE_CHECKING:
    from llmlab.lab.inside.tokens import TokenCut, TokenCuts

NAMED = 3  # split characters that a sentence names


def of_one(cut: "TokenCut") -> str:
    """How many tokens a text is, and which of its characters are cut."""
    said = tr_many(
        "{count:,} character is {tokens}: {rate:.2f} tokens a character",
        "{count:,} characters are {tokens}: {rate:.2f} tokens a character",
        len(cut.text),
        tokens=many(len(cut.tokens), "token"),
        rate=cut.per_character,
    )
    return tr("; ").join([said, _split(cut)]) if cut.split else said


def rates(cut: "TokenCut") -> str:
    """Tokens a word, characters a token, and bytes."""
    said, count = [], len(cut.tokens)
    if cut.per_word:
        said.append(tr("{words}, {rate:.2f} tokens a word", words=many(cut.words or 0, "word"), rate=cut.per_word))
    said.append(tr("{rate:.2f} characters a token", rate=len(cut.text) / count) if count else tr("no token"))
    said.append(tr("{bytes} of UTF-8", bytes=many(len(cut.text.encode()), "byte")))
    return tr("; ").join(said)


def of_several(cuts: "TokenCuts") -> str:
    """Which tokenizer needs most of the same texts; of one, which text needs most a character."""
    columns = list(zip(*cuts.by_text, strict=True))
    if len(columns) > 1:
        totals = [(sum(len(one.tokens) for one in column), column[0].info.name) for column in columns]
        (most, name), (least, other) = max(totals), min(totals)
        tokens = many(most, "token")
        said = tr("{one} needs {tokens}, {other} {least:,}", one=name, tokens=tokens, other=other, least=least)
        return said + _times(most, least)
    dense, sparse = (choose(columns[0], key=lambda cut: cut.per_character) for choose in (max, min))
    said = tr(
        "{one} needs {rate:.2f} tokens a character, {other} {least:.2f}",
        one=quoted(dense.text),
        rate=dense.per_character,
        other=quoted(sparse.text),
        least=sparse.per_character,
    )
    return said + _times(dense.per_character, sparse.per_character)


def _split(cut: "TokenCut") -> str:
    text = cut.tokens.text
    different = list(dict.fromkeys(visible(text[place]) for place in cut.split))
    return tr_many(
        "{count:,} character is cut into several tokens: {named}",
        "{count:,} characters are cut into several tokens: {named}",
        len(cut.split),
        named=tr(", ").join([*different[:NAMED], *(["..."] if len(different) > NAMED else [])]),
    )


def _times(most: float, least: float) -> str:
    """What ends the sentence: how many times as many the first of the two needs."""
    return tr(": {times:.2f} times as many", times=most / least) if least and most > least else ""
