"""Drawing samples and telling the user as they come; what is finished survives an interrupt."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmlab.backends.base import CausalLM
from llmlab.bulk.shard import WHOLE, Shard
from llmlab.bulk.sorts import numbered
from llmlab.cli.options import FormOptions
from llmlab.cli.out_options import OutOptions
from llmlab.cli.world import World
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import of_text
from llmlab.lab.temperature import generate
from llmlab.lab.temperature.drawn import Plan, Sample
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.many import Drawn, Job, of_record, sample_each
from llmlab.lab.temperature.prompts import Prompts
from llmlab.lab.temperature.records import conditions, record
from llmlab.lab.temperature.samples import NOTHING, summarise
from llmlab.lab.temperature.tally import SamplesTally
from llmlab.language import tr
from llmlab.view import Record

if TYPE_CHECKING:
    from llmlab.cli.out_file import OutFile

SHOWN = 100  # prompts of a file that a table shows one by one


@dataclass(frozen=True)
class Run:
    """One plan for one model, and where its samples go."""

    world: World
    lm: CausalLM
    plan: Plan
    form: FormOptions
    expected: Expected = NOTHING
    out: "OutFile | None" = None
    shard: Shard = WHOLE  # of the prompts
    items: int = 0  # how many prompts there are, of all shards; 0: nobody knows
    every: bool = False  # of the answers is shown

    def samples(self, prompts: Iterable[Prompt]) -> None:
        """Draw every sample of every prompt; records are written as they come, tables at the end.

        After Ctrl-C what was finished is shown, and the interrupt goes on.
        """
        if OutOptions.nothing(self.world, self.out, self.shard, self.items):
            return
        if self.out:
            self.out.begin()
        drawn = self._drawn(prompts)
        if not self.form.flows:
            self._tell(drawn)
        elif self.form.quiet:
            self.world.stream_values([one.sample.text for one in own] for own in self._by_prompt(drawn))
        elif self.form.format == "jsonl":
            self.world.stream(([self._record(one)] for one in drawn), self.form)
        else:
            self.world.stream((list(map(self._record, own)) for own in self._by_prompt(drawn)), self.form)

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

    def _drawn(self, prompts: Iterable[Prompt]) -> Iterator[Drawn]:
        """Every sample; the file holds it from then on."""
        total, known = self.shard.share(self.items) * self.plan.count, 0
        jobs = map(self._job, self.shard.numbers(), prompts)
        with self.world.progress(tr("sampling")) as progress:
            for done, one in enumerate(sample_each(self.lm, jobs, self.plan), 1):
                if self.out and one.new:
                    self.out.append(self._record(one))
                known += not one.new
                progress(done, total, known)
                yield one

    def _job(self, item: int, prompt: Prompt) -> Job:
        """What the file holds of a prompt's samples, and what is still to be drawn."""
        made_by = {**conditions(prompt, self.plan), **of_text(self.lm.info).columns}
        rows = self.out.kept(prompt.asked, made_by) if self.out else []
        kept = {(one.temperature, one.sample): one for one in map(of_record, rows)}
        missing = [place for place in self.plan.places if place not in kept]
        known = [kept[place] for place in self.plan.places if place in kept]
        return Job(prompt, missing, known, item, named=self.items != 1)

    def _by_prompt(self, drawn: Iterator[Drawn]) -> Iterator[list[Drawn]]:
        """The samples of each prompt in the plan's order; of one that is interrupted those that are finished."""
        own: list[Drawn] = []
        try:
            for one in drawn:
                if own and own[-1].job is not one.job:
                    yield self._in_order(own)
                    own = []
                own.append(one)
        except KeyboardInterrupt:
            yield self._in_order(own)
            raise
        yield self._in_order(own)

    def _in_order(self, drawn: list[Drawn]) -> list[Drawn]:
        order = {place: number for number, place in enumerate(self.plan.places)}
        return sorted(drawn, key=lambda one: order[one.sample.temperature, one.sample.sample])

    def _record(self, drawn: Drawn) -> Record:
        """A record, which in a file says of which input it is."""
        found = record(drawn.job.prompt, self.plan, drawn.sample, self.expected, of_text(self.lm.info))
        if not self.out:
            return found
        places = [[heat, self.plan.samples] for heat in self.plan.temperatures]
        return numbered(found, drawn.job.item, self.items, self.plan.count, item_places=places)

    def _tell(self, drawn: Iterator[Drawn]) -> None:
        """Show every prompt, or what very many that stand in a file come to; after an interrupt too."""
        tally, found = SamplesTally(), list[list[Drawn]]()
        try:
            for own in self._by_prompt(drawn):
                for one in own if self._summed else ():
                    tally.add(self._record(one))
                found += [own] if own and not (self._summed and len(found) > SHOWN) else []
        except KeyboardInterrupt:
            self._show(found, tally)
            raise
        self._show(found, tally)

    @property
    def _summed(self) -> bool:
        """Whether very many prompts are told of in sum."""
        return bool(self.out and self.form.plain)

    def _show(self, found: Sequence[Sequence[Drawn]], tally: SamplesTally) -> None:
        if self._summed and len(found) > SHOWN:
            self.world.show(tally, self.form)
        elif found:
            each = [(own[0].job.prompt, [one.sample for one in own]) for own in found]
            said = tuple(summarise(self.lm, prompt, self.plan, drawn, self.expected) for prompt, drawn in each)
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
        from llmlab.lab.temperature.trace import Trace

        for one in found:
            self.world.show(Trace(prompt, self.plan, one, of_text(self.lm.info)), self.form)
