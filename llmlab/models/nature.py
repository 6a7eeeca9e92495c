"""What a model is, told by its files before any weights are read: a causal language model, an encoder, a table.

config.json names the class that was saved (`architectures`), a GGUF file its architecture and whether a token sees
those after it. Names can be wrong: `backends/causality.py` looks at what an opened model does.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from llmlab.errors import DamagedError, MisuseError
from llmlab.language import later, tr
from llmlab.models.sources import Source

Kind = Literal["causal", "encoder", "static"]
KINDS = (later("causal"), later("encoder"), later("static"))  # as they are shown
CAUSAL = r"(ForCausalLM|LMHeadModel|GenerationDecoder)$"
ENCODER, ENCODER_DECODER = later("an encoder ({architecture})"), later("an encoder-decoder model ({architecture})")
OTHERS = (  # what else a class of transformers may be, by its name
    (r"ForMaskedLM$|ForPreTraining$", later("a masked language model ({architecture})")),
    (
        r"Classification$|ForQuestionAnswering|ForMultipleChoice$|ForNextSentencePrediction$",
        later("a classifier ({architecture})"),
    ),
    (r"EncoderModel$", ENCODER),
)
NO_POOLING = 0  # llama.h: LLAMA_POOLING_TYPE_NONE


@dataclass(frozen=True)
class Nature:
    """What a model is: how it is used, and the same in words."""

    kind: Kind
    words: str  # for `tr`
    architecture: str = ""

    @property
    def said(self) -> str:
        return tr(self.words, architecture=self.architecture)


LANGUAGE_MODEL = Nature("causal", later("a causal language model"))
SENTENCE_ENCODER = Nature("encoder", later("a sentence encoder"))
BY_ENTRY = {"causal": LANGUAGE_MODEL, "encoder": SENTENCE_ENCODER, "static": Nature("static", later("word vectors"))}


def nature(source: Source) -> Nature:
    """What a model is. A catalogue entry knows, but that a folder or file is a causal model is seen for itself.

    Raises DamagedError for a folder without a readable config.json, and for what is no GGUF file.
    """
    entry = source.entry
    if entry is not None and (entry.source == "wheel" or entry.kind != "causal"):
        return BY_ENTRY[entry.kind]
    if source.is_ngram:
        return LANGUAGE_MODEL
    if source.is_gguf:
        return of_gguf(source.path)
    return SENTENCE_ENCODER if (source.path / "modules.json").is_file() else of_config(read_config(source.path))


def other_than(wanted: Kind, found: Nature, source: Source) -> MisuseError:
    """The error for a model that is of another kind than is needed."""
    needed = BY_ENTRY[wanted].said
    message = tr("{model} is {kind}; this needs {needed}", model=source.name, kind=found.said, needed=needed)
    if found.kind == "encoder" and not source.is_gguf:
        return MisuseError(message, tr("see `llmlab models list`; llmlab embed gives its vectors"))
    return MisuseError(message, tr("see `llmlab models list`"))


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of a transformers folder."""
    unreadable = tr("{folder} has no readable config.json", folder=folder), tr("is it a whole transformers folder?")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedError(*unreadable) from error
    if not isinstance(config, dict):
        raise DamagedError(*unreadable)
    return config


def of_config(config: dict[str, Any]) -> Nature:
    """By config.json. What is no causal language model may still give vectors, as an encoder."""
    named = config.get("architectures")
    architecture = str(named[0]) if isinstance(named, list) and named else ""
    shown = architecture or str(config.get("model_type", "unknown"))
    if config.get("is_encoder_decoder") and not architecture.endswith("ForCausalLM"):
        return Nature("encoder", ENCODER_DECODER, shown)
    if re.search(CAUSAL, architecture):
        if config.get("is_decoder") is False and _type_of(config) == "masked":
            return Nature("encoder", later("a masked language model ({architecture}, no decoder)"), shown)
        return LANGUAGE_MODEL
    for pattern, words in OTHERS:
        if re.search(pattern, architecture):
            return Nature("encoder", words, shown)
    # A body without a head, or nothing said: GPT2Model is the body of a language model, BertModel an encoder.
    found = _type_of(config)
    if found == "causal" or (found == "masked" and config.get("is_decoder")):
        return LANGUAGE_MODEL
    return Nature("encoder", ENCODER if found == "masked" else later("of another kind ({architecture})"), shown)


def of_gguf(path: Path) -> Nature:
    """By a GGUF file's header (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)."""
    from llmlab.backends import gguf

    facts = gguf.metadata(path)
    architecture = str(facts.get("general.architecture", "unknown"))
    if architecture == "t5":
        return Nature("encoder", ENCODER_DECODER, architecture)
    reads_both_ways = facts.get(f"{architecture}.attention.causal") is False or architecture == "t5encoder"
    if reads_both_ways or facts.get(f"{architecture}.pooling_type", NO_POOLING) != NO_POOLING:
        return Nature("encoder", ENCODER, architecture)
    return LANGUAGE_MODEL


def _type_of(config: dict[str, Any]) -> Literal["masked", "causal", "other"]:
    """What transformers makes of models of this type; masked ones may be made decoders, and are causal then."""
    from transformers.models.auto import modeling_auto as auto

    known = str(config.get("model_type"))
    if known in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        return "masked"
    return "causal" if known in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES else "other"
