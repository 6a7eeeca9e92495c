"""llmlab: see how language models work. `llmlab.open()` is the lab from Python; the command line is `llmlab`."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing llmlab imports nothing that computes
    from collections.abc import Sequence
    from pathlib import Path

    from llmlab.door import Lab

__all__ = ["__version__", "open"]
__version__ = "0.1.0"


def open(
    *,
    model: str | None = None,
    encoder: str | None = None,
    space: str | None = None,
    engine: str | None = None,
    dtype: str | None = None,
    bos: bool | None = None,
    base_url: "str | Sequence[str]" = (),
    parallel: int | None = None,
    config: "Path | str | None" = None,
) -> "Lab":
    """A lab, with models and spaces other than the settings' where they are given; each is opened when it is asked.

    `model` answers about text, `encoder` embeds, `space` holds words; `base_url` is the server of an openai:NAME, or
    several that share the work, and `parallel` how many requests they are asked at once; `config` is a file of settings
    (TOML) instead of the user's own. Raises MisuseError for settings that are none.
    """
    import_module("llmlab.threads").give_way()  # before what the door imports
    opened = import_module("llmlab.door").opened
    urls = (base_url,) if isinstance(base_url, str) else tuple(base_url)
    named = {"model": model, "encoder": encoder, "space": space, "engine": engine, "dtype": dtype}
    lab: Lab = opened(config, bos, base_url=urls, parallel=parallel, **named)
    return lab
