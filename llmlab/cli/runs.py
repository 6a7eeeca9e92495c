"""Drawing samples and telling the user as they come; what is finished survives an interrupt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llmlab.backends.base import CausalLM
from llmlab.cli.options import FormOptions
from llmlab.cli.out_file import OutFile
from llmlab.cli.world import World
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import of_text
from llmlab.lab.temperature import generate
from llmlab.lab.temperature.drawn import Plan, Sample
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.many import Drawn, Job, sample_each
from llmlab.lab.temperature.prompts import Prompts
from llmlab.lab.temperature.samples import NOTHING, conditions, record, summarise
from llmlab.lab.temperature.trace import Trace
from llmlab.language import tr


@dataclass(frozen=True)
class Run:
    """One plan for one model, and where its samples go."""

    world: World
    lm: CausalLM
    plan: Plan
    form: FormOptions
    expected: Expected = NOTHING
    out: OutFile | None = None
    every: bool = False  # of the answers is shown

    def samples(self, prompts: Iterable[Prompt], count: int) -> None:
        """Draw every sample of every prompt. jsonl is written as it comes, other formats at the end.

        `count` is 0 where nobody knows how many prompts come. After Ctrl-C what was finished is shown, and the
        interrupt goes on.
        """
        found: list[tuple[Prompt, list[Sample]]] = []
        if self.out:
            self.out.begin()
        try:
            if not self._draw(prompts, count, found):
                return
        except KeyboardInterrupt:
            self._tell(found)
            raise
        self._tell(found)

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

    def _draw(self, prompts: Iterable[Prompt], count: int, found: list[tuple[Prompt, list[Sample]]]) -> bool:
        """Write each prompt's samples, or add them to `found`; False when nobody reads them any more."""
        total = count * len(self.plan.places)
        with self.world.progress(tr("sampling")) as progress:
            drawn = sample_each(self.lm, map(self._job, prompts), self.plan)
            for done, (prompt, one) in enumerate(map(self._kept, drawn), 1):
                progress(done, total)
                if self.form.format == "jsonl" and self.form.flows:
                    if not self.world.write_record(self._record(prompt, one)):
                        return False
                elif found and found[-1][0] is prompt:
                    found[-1][1].append(one)
                else:
                    found.append((prompt, [one]))
        return True

    def _job(self, prompt: Prompt) -> Job:
        """What the file holds of a prompt's samples, and what is still to be drawn."""
        made_by = {**conditions(prompt, self.plan), **of_text(self.lm.info).columns}
        known = self.out.samples(prompt.asked, made_by) if self.out else []
        kept = {(one.temperature, one.sample): one for one in known}
        missing = [place for place in self.plan.places if place not in kept]
        return Job(prompt, missing, [kept[place] for place in self.plan.places if place in kept])

    def _kept(self, drawn: Drawn) -> tuple[Prompt, Sample]:
        """A sample, which the file holds from now on."""
        prompt, one = drawn.job.prompt, drawn.sample
        if self.out and drawn.new:
            self.out.append(self._record(prompt, one))
        return prompt, one

    def _record(self, prompt: Prompt, one: Sample) -> dict[str, object]:
        return record(prompt, self.plan, one, self.expected, of_text(self.lm.info))

    def _tell(self, found: Sequence[tuple[Prompt, list[Sample]]]) -> None:
        said = tuple(summarise(self.lm, prompt, self.plan, drawn, self.expected) for prompt, drawn in found)
        if said:
            result = Prompts("prompts", said)
            self.world.show(result, self.form, lambda: [view for one in said for view in one.views(every=self.every)])

    def _flow(self, prompt: Prompt, found: list[Sample]) -> None:
        flows = self.world.talks and self.form.plain
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
