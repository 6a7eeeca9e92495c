"""What the benches are given: models found as llmlab finds them, texts, an index in a folder that goes away."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import faiss
import numpy as np
import sentences

from llmlab.cli.world import World
from llmlab.lab.training.corpus import lines
from llmlab.models import prepare
from llmlab.spaces.vocabulary import by_frequency

Command = list[str]


class Bench:
    """What the commands are given: models found as llmlab finds them, an index in a folder that goes away."""

    def __init__(self, scratch: Path) -> None:
        self.world, self.scratch = World(), scratch
        self.config, self.library = self.world.config, self.world.library()
        self.prompt = self.config.presets["qa"].question
        self._said: dict[tuple[str, ...], str] = {}

    @cached_property
    def encoder(self) -> str:
        return str(self.library.source(self.config.encoder).path)

    @cached_property
    def folder(self) -> str:
        """The causal model as an ordinary transformers folder."""
        return str(prepare.transformers_folder(self.library.shop, self.library.source(self.config.model)))

    @cached_property
    def gguf(self) -> str:
        """The file that the engine llama.cpp reads."""
        source = self.library.source(self.config.model)
        return str(prepare.gguf_to_run(self.library.shop, source, self.config.dtype))

    @cached_property
    def fastest(self) -> str:
        """The number type in which torch multiplies matrices fastest on this machine."""
        import torch

        def seconds(dtype: str) -> float:
            x, y = (torch.ones(shape, dtype=getattr(torch, dtype)) for shape in ((512, 640), (640, 8192)))
            x @ y
            start = time.perf_counter()
            for _ in range(5):
                x @ y
            return time.perf_counter() - start

        return min(("float32", "bfloat16", "float16"), key=seconds)

    def said(self, command: Command, environment: dict[str, str]) -> str:
        """What a command prints; two benches may have one rival, which runs for minutes."""
        if tuple(command) not in self._said:
            self._said[tuple(command)] = output(command, environment)
        return self._said[tuple(command)]

    def texts(self, name: str, lines: Callable[[], list[str]]) -> str:
        """A file of one text a line."""
        path = self.scratch / name
        path.write_text("\n".join(lines()) + "\n", encoding="utf-8")
        return str(path)

    @cached_property
    def words(self) -> str:
        return self.texts("words50000.txt", lambda: by_frequency("wordfreq:en:50000"))

    @cached_property
    def english(self) -> str:
        """More than 2 MB that the grammar makes."""
        return self.texts("english.txt", lambda: list(lines("english", self.world.files)))

    @cached_property
    def unrelated(self) -> str:
        return self.texts("unrelated.txt", sentences.unrelated)

    @cached_property
    def megabyte(self) -> str:
        """A million bytes of English and Chinese."""
        return self.texts("megabyte.txt", sentences.megabyte)

    @cached_property
    def pairs(self) -> str:
        return self.texts("pairs.txt", sentences.pairs)

    @cached_property
    def index(self) -> Command:
        """A flat inner-product index over the default space's words, and the words."""
        space = self.world.shelf().open()
        count = len(space.words)
        index, words = self.scratch / "index.faiss", self.scratch / "words.txt"
        flat = faiss.IndexFlatIP(space.dimension)
        flat.add(space.rows(np.arange(count)))
        faiss.write_index(flat, str(index))
        words.write_text("\n".join(space.words.first(count)) + "\n", encoding="utf-8")
        return [str(index), str(words)]


def output(command: Command, environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed ({done.returncode}):\n{done.stderr}")
    return done.stdout
