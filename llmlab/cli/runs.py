"""Drawing samples and telling the user as they come; what is finished survives an interrupt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmlab.backends.base import CausalLM
from llmlab.cli.out_file import OutFile
from llmlab.cli.world import World
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import of_text
from llmlab.lab.temperature import generate
from llmlab.lab.temperature.generate import Plan, Sample
from llmlab.lab.temperature.samples import Expected, conditions, record, summarise
from llmlab.lab.temperature.trace import Trace
from llmlab.render import Format
from llmlab.view import Several

NOTHING = Expected()


@dataclass(frozen=True)
class Run:
    """One plan for one model, and where its samples go."""

    world: World
    lm: CausalLM
    plan: Plan
    form: Format
    expected: Expected = NOTHING
    out: OutFile | None = None

    def samples(self, prompts: Sequence[Prompt]) -> None:
        """Draw every sample of every prompt. jsonl is written as it comes, other formats at the end.

        After Ctrl-C what was finished is shown, and the interrupt goes on.
        """
        found: list[list[Sample]] = []
        try:
            if not self._draw(prompts, found):
                return
        except KeyboardInterrupt:
            self._tell(prompts, found)
            raise
        self._tell(prompts, found)

    def trace(self, prompt: Prompt) -> None:
        """One sample, step by step; on a terminal its text flows by as it grows."""
        found: list[Sample] = []
        try:
            self._flow(prompt, found)
        except KeyboardInterrupt:
            self._tell_steps(prompt, found)
            raise
        self._tell_steps(prompt, found)

    def stream(self, prompt: Prompt) -> None:
        """One sample as plain text, as it comes; Ctrl-C ends the line."""
        try:
            for text, _ in generate.stream(self.lm, prompt, self.plan):
                if not self.world.write(text):
                    return
        finally:
            self.world.write("\n")

    def _draw(self, prompts: Sequence[Prompt], found: list[list[Sample]]) -> bool:
        """Add each prompt's samples to `found` as they are finished; False when nobody reads them any more."""
        total = len(prompts) * len(self.plan.places)
        done = 0
        with self.world.progress("sampling") as progress:
            for prompt in prompts:
                found.append([])
                for one in self._drawn(prompt):
                    found[-1].append(one)
                    done += 1
                    progress(done, total)
                    if self.form == "jsonl" and not self.world.write_record(self._record(prompt, one)):
                        return False
        return True

    def _drawn(self, prompt: Prompt) -> Iterator[Sample]:
        """What the file holds already, then the rest as it is drawn."""
        made_by = {**conditions(prompt, self.plan), **of_text(self.lm.info).columns}
        known = self.out.samples(prompt.asked, made_by) if self.out else []
        kept = {(one.temperature, one.sample): one for one in known}
        yield from (kept[place] for place in self.plan.places if place in kept)
        missing = [place for place in self.plan.places if place not in kept]
        for one in generate.sample(self.lm, prompt, self.plan, missing):
            if self.out:
                self.out.append(self._record(prompt, one))
            yield one

    def _record(self, prompt: Prompt, one: Sample) -> dict[str, object]:
        return record(prompt, self.plan, one, self.expected, of_text(self.lm.info))

    def _tell(self, prompts: Sequence[Prompt], found: Sequence[Sequence[Sample]]) -> None:
        some = [(prompt, drawn) for prompt, drawn in zip(prompts, found, strict=False) if drawn]
        if self.form == "jsonl" or not some:
            return
        said = tuple(summarise(self.lm, prompt, self.plan, drawn, self.expected) for prompt, drawn in some)
        self.world.show(said[0] if len(said) == 1 else Several("prompts", said), self.form)

    def _flow(self, prompt: Prompt, found: list[Sample]) -> None:
        flows = self.world.talks and self.form == "table"
        try:
            for text, so_far in generate.stream(self.lm, prompt, self.plan, trace=True):
                found[:] = [so_far]
                if flows:
                    self.world.tell(text)
        finally:
            if flows:
                self.world.tell("\n")

    def _tell_steps(self, prompt: Prompt, found: Sequence[Sample]) -> None:
        for one in found:
            self.world.show(Trace(prompt, self.plan, one, of_text(self.lm.info)), self.form)
