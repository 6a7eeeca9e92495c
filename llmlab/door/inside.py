"""The verbs of the inside lab as methods."""

from llmlab.door.base import Opened, Texts, check_texts, listed
from llmlab.errors import MisuseError
from llmlab.lab.inside.tokens import TokenCut, TokenCuts, cut, cuts


class InsideVerbs(Opened):
    """What a model is made of."""

    def tokens(self, *texts: str, model: Texts = "", allow_special: bool = False) -> TokenCut | TokenCuts:
        """What texts are cut into, by the tokenizer of one `model` or of several; no weights are opened."""
        check_texts(*texts)
        if not texts:
            raise MisuseError("no text is given", "give at least one")
        found = [self.library.tokenizer(name) for name in listed(model)]
        if len(texts) == len(found) == 1:
            return cut(found[0], texts[0], allow_special=allow_special)
        return cuts(found, texts, allow_special=allow_special)
