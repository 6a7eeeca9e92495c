"""A reporter that nobody listens to."""

from contextlib import nullcontext

from llmlab.progress import silent


class Deaf:
    def say(self, message):
        pass

    def detail(self, message):
        pass

    def progress(self, label):
        return nullcontext(silent)
