"""What the records of each sort come to."""

from llmlab.bulk.sorts import CHOICES, PAIRS, SAMPLES, TEXTS, WINDOWS, Sort
from llmlab.lab.probability.tallies.pairs import PairsTally
from llmlab.lab.probability.tallies.quiz import QuizTally
from llmlab.lab.probability.tallies.texts import TextsTally
from llmlab.lab.probability.tallies.windows import WindowsTally
from llmlab.lab.tally import RecordTally
from llmlab.lab.temperature.tally import SamplesTally

TALLIES: dict[Sort, type[RecordTally]] = {
    TEXTS: TextsTally,
    PAIRS: PairsTally,
    CHOICES: QuizTally,
    WINDOWS: WindowsTally,
    SAMPLES: SamplesTally,
}
