"""The check of a lesson: the module of its name in checks/, which computes what is right from the learner's lab."""

from importlib import import_module

from llmlab.door import Lab
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.pages import Lesson
from llmlab.lessons.replies import Reply
from llmlab.lessons.told import Checked

CHECKS = "llmlab.lessons.checks"


def check(lesson: Lesson, reply: Reply, lab: Lab) -> Checked:
    """The verdict on an answer. Raises MisuseError for a lesson without a task, and for what is no answer to it."""
    module = f"{CHECKS}.{lesson.name}"
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        none = tr("lesson {number} has no task to check", number=lesson.number)
        raise MisuseError(none, tr("read it with: llmlab lesson {number}", number=lesson.number)) from None
    return Checked(lesson, found.check(reply, lab))
