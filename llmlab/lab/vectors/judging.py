"""How good a space is: the file of pairs or questions that is given is read, then the space is opened and judged."""

from pathlib import Path

from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.vectors import evaluate, judgements
from llmlab.lab.vectors.evaluate import SimilarityScore
from llmlab.lab.vectors.sections import SectionScores
from llmlab.language import tr
from llmlab.spaces.shelf import Shelf

TASKS = (judgements.ANALOGIES, judgements.ODD, judgements.TRANSLATIONS)


def judge(shelf: Shelf, name: str, files: Files, **asked: Path | str | None) -> SimilarityScore | SectionScores:
    """The space by one of the files `similarity`, `analogies`, `odd`, `translations`.

    Raises MisuseError unless one is given, for a file that does not hold such pairs or questions, and where the space
    knows too little of it.
    """
    given = {task: file for task, file in asked.items() if file is not None}
    if len(given) != 1:
        hint = tr("give --similarity, --analogies, --odd or --translations FILE")
        raise MisuseError(tr("space eval takes one file"), hint)
    if (scored := given.get("similarity")) is not None:
        pairs = files.records(scored, judgements.SCORED)
        return evaluate.similarity(shelf.open(name), pairs)
    (task,) = (task for task in TASKS if task.name in given)
    questions = judgements.read_questions(files, Path(given[task.name]), task)
    return evaluate.JUDGES[task.name](shelf.open(name), questions)
