"""The verbs of the inside lab as methods."""

from llmlab.door.base import Opened, Texts, check_texts, listed
from llmlab.errors import MisuseError
from llmlab.lab import prompt as prompts
from llmlab.lab.inside import layers
from llmlab.lab.inside.attention import Attention, attention
from llmlab.lab.inside.layers import Layers
from llmlab.lab.inside.tokens import TokenCut, TokenCuts, cut, cuts
from llmlab.language import tr


class InsideVerbs(Opened):
    """What a model is made of."""

    def layers(self, text: str, *, track: Texts = (), k: int = 3, allow_special: bool = False) -> Layers:
        """What each layer says of the next token (logit lens), and how likely tokens are that are tracked."""
        tracked = listed(track)
        check_texts(text, *tracked)
        layers.check(k, tracked)
        lm = self._model()
        context = prompts.context(lm, text, allow_special=allow_special)
        followed = layers.tokens_of(lm, context, tracked, allow_special=allow_special)
        return layers.layers(lm, context, k, followed)

    def attention(self, text: str, *, layer: int | None = None, k: int = 3, allow_special: bool = False) -> Attention:
        """On which tokens the last one looks, by layer, or by head of one layer."""
        check_texts(text)
        lm = self._model()
        return attention(lm, prompts.context(lm, text, allow_special=allow_special), layer, k)

    def tokens(self, *texts: str, model: Texts = "", allow_special: bool = False) -> TokenCut | TokenCuts:
        """What texts are cut into, by the tokenizer of one `model` or of several; no weights are opened."""
        check_texts(*texts)
        if not texts:
            raise MisuseError(tr("no text is given"), tr("give at least one"))
        found = [self.library.tokenizer(name) for name in listed(model)]
        if len(texts) == len(found) == 1:
            return cut(found[0], texts[0], allow_special=allow_special)
        return cuts(found, texts, allow_special=allow_special)
