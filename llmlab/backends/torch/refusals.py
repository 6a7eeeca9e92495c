"""Why transformers opens no folder, in one line: what its errors mean that speak of its own options and calls."""

from pathlib import Path

from transformers import AutoConfig, PreTrainedTokenizerBase

from llmlab.errors import DamagedError
from llmlab.language import later, tr

NO_CODE = later("{folder} needs code that came with it, which is not run")
OTHERS, CONFIG = later("see `llmlab models list`"), later("fetch config.json again")
KNOWN = (  # what stands in an error; what is the matter; what to do
    ("custom code", NO_CODE, OTHERS),
    ("ignore_mismatched_sizes", later("the weights of {folder} have other shapes than its config.json says"), CONFIG),
    ("deserializing header", later("{folder} holds a .safetensors file that is not whole"), later("fetch it again")),
)
PYTHON = (ArithmeticError, IndexError, TypeError, AttributeError)
TOKENIZERS = (
    *("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt"),
    *("spiece.model", "sentencepiece.bpe.model", "tekken.json"),
)


def of_model(folder: Path, error: Exception) -> DamagedError:
    """The error for a model that is not read."""
    if found := _known(folder, error):
        return found
    hint = tr("is it a whole language model with safetensors weights?")
    return DamagedError(tr("transformers cannot read {folder}: {error}", folder=folder, error=brief(error)), hint)


def of_encoder(folder: Path, error: Exception) -> DamagedError:
    """The same of a sentence encoder."""
    message = tr("sentence-transformers cannot read {folder}: {error}", folder=folder, error=brief(error))
    return _known(folder, error) or DamagedError(message, tr("is the folder whole?"))


def of_tokenizer(folder: Path, error: Exception) -> DamagedError:
    """The same of its tokenizer: there is no file of one, or config.json, which is read first, is no good."""
    if found := _known(folder, error):
        return found
    if not any((folder / file).is_file() for file in TOKENIZERS):
        return without_tokenizer(folder)
    if wrong := _wrong_config(folder):
        message = tr("transformers cannot read {folder}: {error}", folder=folder / "config.json", error=wrong)
        return DamagedError(message, tr(CONFIG))
    message = tr("transformers cannot read the tokenizer in {folder}: {error}", folder=folder, error=brief(error))
    return DamagedError(message, tr("fetch tokenizer.json again"))


def without_tokenizer(folder: Path) -> DamagedError:
    message = tr("{folder} holds no tokenizer", folder=folder)
    return DamagedError(message, tr("put tokenizer.json or tokenizer.model of the same model beside its weights"))


def check_words(folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raise DamagedError for a tokenizer of marks alone: what transformers makes where there is no file of one."""
    if len(tokenizer.get_vocab()) <= len(tokenizer.all_special_ids):
        raise without_tokenizer(folder)


def brief(error: Exception) -> str:
    """What an error says, on one line: its first, and the next where that only announces it.

    Python's own errors speak of operators and of indices, not of the folder.
    """
    if isinstance(error, PYTHON) or (isinstance(error, KeyError) and " " not in str(error)):
        return tr("it lacks a value, or holds one that cannot be")
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    return " ".join(lines[:2] if lines and lines[0].endswith(":") else lines[:1]) or type(error).__name__


def _known(folder: Path, error: Exception) -> DamagedError | None:
    told = str(error)
    found = (DamagedError(tr(what, folder=folder), tr(hint)) for words, what, hint in KNOWN if words in told)
    return next(found, None)


def _wrong_config(folder: Path) -> str:
    """What is wrong with config.json; nothing of one that is not there."""
    try:
        if (folder / "config.json").is_file():
            AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # a file may be wrong in many ways
        return brief(error)
    return ""
