"""The verbs of the temperature lab as methods."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmlab.backends.base import Message
from llmlab.door.base import Heats, Opened, Texts, Told, heats, listed
from llmlab.errors import MisuseError
from llmlab.files.opening import called
from llmlab.lab.asked import Asked, check_ways, once
from llmlab.lab.conversation import MESSAGES, told
from llmlab.lab.shown import Each
from llmlab.lab.temperature import samples as sampled
from llmlab.lab.temperature import trace as tracing
from llmlab.lab.temperature import tree as growing
from llmlab.lab.temperature.beside import SamplesBeside
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.plans import fitted, planned
from llmlab.lab.temperature.samples import Samples
from llmlab.lab.temperature.trace import Trace
from llmlab.lab.temperature.tree import Tree
from llmlab.language import tr


class TemperatureVerbs(Opened):
    """What is drawn from softmax(z / T). What is not given is as the settings say."""

    def generate(
        self, prompt: str | Sequence[str] | None = None, *, temperature: Heats | None = None,
        samples: int | None = None, max_tokens: int | None = None, seed: int | None = None, top_k: int | None = None,
        top_p: float | None = None, min_p: float | None = None, repetition_penalty: float | None = None,
        stop: Texts = (), same_noise: bool = False, expect: Texts = (), expect_regex: Texts = (),
        anywhere: bool = False, preset: str | None = None, system: str | None = None, chat: Told | None = None,
        raw: bool = False, heal: bool | None = None, allow_special: bool = False, model: Texts = (), dtype: Texts = (),
    ) -> Samples | SamplesBeside | Each:  # fmt: skip
        """Sample continuations of a prompt, of several, of a chat (messages or their file), or of a fixed question.

        Of several models the same, beside each other.
        """
        asked = self._asked(prompt, preset, system, chat, raw, listed(model))
        expected = Expected.of(listed(expect), listed(expect_regex), anywhere, asked.expect)
        drawing = {"samples": samples, "max_tokens": max_tokens, "repetition_penalty": repetition_penalty}
        drawing |= {"top_k": top_k, "top_p": top_p, "min_p": min_p}
        plan = self._plan(asked, temperature, seed=seed, stop=stop, same_noise=same_noise, **drawing)
        texts, found = list(asked.texts), []  # of each model, a prompt each
        for named in self._models(model, dtype):
            lm, own = named.causal_lm(), replace(asked, texts=iter(texts))
            fit, drawn = fitted(self.config.generate, lm, own, plan, listed(stop))
            read = fit.read(lm, named.spellings, raw=raw, heal=heal, allow_special=allow_special)
            with self._reporter.progress(tr("sampling")) as progress:
                found.append([sampled.draw(lm, one, drawn, expected, progress) for one in read])
        told = [SamplesBeside(some) if len(some) > 1 else some[0] for some in zip(*found, strict=True)]
        return told[0] if prompt is None or isinstance(prompt, str) else Each("prompts", told)

    def trace(
        self, prompt: str | None = None, *, temperature: float | None = None, max_tokens: int | None = None,
        seed: int | None = None, top_k: int | None = None, top_p: float | None = None, min_p: float | None = None,
        repetition_penalty: float | None = None, stop: Texts = (), preset: str | None = None,
        system: str | None = None, chat: Told | None = None, raw: bool = False, heal: bool | None = None,
        allow_special: bool = False,
    ) -> Trace:  # fmt: skip
        """One sample step by step: what was drawn, how likely it was, what else there was."""
        asked = self._asked(prompt, preset, system, chat, raw)
        drawing = {"max_tokens": max_tokens, "repetition_penalty": repetition_penalty}
        drawing |= {"top_k": top_k, "top_p": top_p, "min_p": min_p}
        plan = self._plan(asked, temperature, seed=seed, stop=stop, **drawing)
        plan.check_single("trace")
        lm = self._model()
        asked, plan = fitted(self.config.generate, lm, asked, plan, listed(stop))
        (one,) = asked.read(lm, self._spellings, raw=raw, heal=heal, allow_special=allow_special)
        with self._reporter.progress(tr("sampling")):
            return tracing.trace(lm, one, plan)

    def tree(
        self, prompt: str | None = None, *, depth: int = 3, branch: int = 3, temperature: float | None = None,
        top_k: int | None = None, top_p: float | None = None, min_p: float | None = None, preset: str | None = None,
        system: str | None = None, chat: Told | None = None, raw: bool = False, heal: bool | None = None,
        allow_special: bool = False,
    ) -> Tree:  # fmt: skip
        """The likeliest continuations as a tree; nothing is drawn."""
        asked = self._asked(prompt, preset, system, chat, raw)
        plan = self._plan(asked, temperature, top_k=top_k, top_p=top_p, min_p=min_p)
        plan.check_single("tree")
        growing.check(depth, branch, plan)
        lm = self._model()
        asked, plan = fitted(self.config.generate, lm, asked, plan)
        (one,) = asked.read(lm, self._spellings, raw=raw, heal=heal, allow_special=allow_special)
        with self._reporter.progress(tr("growing")) as progress:
            return growing.grow(lm, one, depth, branch, plan, progress)

    def _plan(self, asked: Asked, temperature: Heats | None, stop: Texts = (), **given: Any) -> Plan:
        """What to draw: what is given over the settings."""
        temperatures = None if temperature is None else heats(temperature)
        return planned(self.config.generate, asked, temperatures, stop=listed(stop), **given)

    def _asked(
        self,
        prompt: str | Sequence[str] | None,
        preset: str | None,
        system: str | None,
        chat: Told | None,
        raw: bool,
        models: Sequence[str] = (),
    ) -> Asked:
        """The prompts, and what stands around them. Raises MisuseError for what contradicts itself."""
        check_ways([("PROMPT", prompt), ("--chat", chat)], raw, preset, system)
        before = [] if system is None else [Message("system", system)]
        if chat is not None:
            name = called(chat) if isinstance(chat, Path | str) else tr("the chat")
            return Asked.conversation(told(self._records(chat, MESSAGES), name, before))
        texts = [prompt] if isinstance(prompt, str) else None if prompt is None else list(once(prompt))
        if texts == []:
            raise MisuseError(tr("there are no prompts"), tr("give at least one"))
        return Asked.of(self.config, texts, models=models, preset=preset, raw=raw, before=before)
