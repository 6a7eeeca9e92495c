"""The likeliest continuations as a tree: each node a token, with its probability given the path and the path's own."""

import math
from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.temperature.charts import tree as charts
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.samples import filters
from llmlab.lab.text import edged, finite, probability, raw, show
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once

MOST = 4096  # nodes
TOGETHER = 32  # next-token distributions held at a time


@dataclass(frozen=True)
class Node:
    """One token of the tree."""

    path: Tokens  # from the prompt's end, or where it was cut, to this token
    place: tuple[int, ...]  # which child (from 0) at each level
    logprob: float  # nats, given the path before it
    path_logprob: float  # nats, of the whole path
    end: bool  # the model ends the text here
    last: bool  # of its siblings

    @property
    def depth(self) -> int:
        return len(self.path)

    @property
    def shown(self) -> str:
        """The token for the eye, and whether the text ends with it."""
        token = show(self.path.pieces[-1])
        return tr("{token} (end)", token=token) if self.end else token


@dataclass(frozen=True)
class Tree(Shown):
    """The nodes, parents before children, likelier siblings first."""

    prompt: Prompt
    plan: Plan
    nodes: tuple[Node, ...]
    origin: Provenance

    @property
    def leaves(self) -> list[Node]:
        """Where the paths end."""
        parents = {node.place[:-1] for node in self.nodes}
        return [node for node in self.nodes if node.place not in parents]

    def views(self) -> list[View]:
        last = {node.place: node.last for node in self.nodes}
        rows: list[list[Cell]] = []
        for node in self.nodes:
            stems = "".join("  " if last[node.place[:level]] else "│ " for level in range(1, node.depth))
            branch = f"{stems}{'└' if node.last else '├'} {node.shown}"
            bar = Bar(math.exp(node.logprob), 10)
            rows.append([branch, probability(node.logprob), bar, probability(node.path_logprob)])
        columns = (
            Column(tr("continuation"), wide=True),
            Column("P", True, means=tr("after what stands before it")),
            Column(""),
            Column(tr("path P"), True, means=tr("of the whole path")),
        )
        said = tr(", ").join([f"T = {self._temperature:g}", *filters(self.plan)])
        mass = math.fsum(math.exp(node.path_logprob) for node in self.leaves)
        note = tr(
            "{settings}; {count} paths hold {mass:.1%} of the probability",
            settings=said,
            count=len(self.leaves),
            mass=mass,
        )
        notes = (*self.prompt.notes, note, self.origin.line)
        return [View(f"{visible(self.prompt.text)} ...", columns, rows, notes, self._conclusion())]

    def chart(self) -> Chart:
        return charts.boxes(self)

    def _conclusion(self) -> str:
        best = max(self.leaves, key=lambda node: node.path_logprob)
        return tr(
            "of these paths {path} is the likeliest: {probability}",
            path=edged(self.added(best)),
            probability=probability(best.path_logprob),
        )

    def added(self, node: Node) -> str:
        """What a node's path adds to the prompt, whose end a healed one's first token spells too."""
        return b"".join(node.path.pieces)[len(self.prompt.rest) :].decode(errors="replace")

    def records(self) -> list[Record]:
        return [
            {
                "prompt": self.prompt.asked,
                "rendered_prompt": self.prompt.text,
                **self._settings(),
                "depth": node.depth,
                "place": list(node.place),
                "token": raw(node.path.pieces[-1]),
                "token_id": node.path.ids[-1],
                "path": self.added(node),
                "logprob_nats": finite(node.logprob),
                "probability": math.exp(node.logprob),
                "path_logprob_nats": finite(node.path_logprob),
                "path_probability": math.exp(node.path_logprob),
                "end": node.end,
                **self.origin.columns,
            }
            for node in self.nodes
        ]

    def document(self) -> Record:
        shared: Record = {"prompt": self.prompt.asked, "rendered_prompt": self.prompt.text}
        shared |= {**self._settings(), **self.origin.columns}
        return {**shared, "nodes": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [self.added(max(self.leaves, key=lambda node: node.path_logprob))]

    @property
    def _temperature(self) -> float:
        return self.plan.temperatures[0]

    def _settings(self) -> Record:
        cuts = {"top_k": self.plan.top_k, "top_p": self.plan.top_p, "min_p": self.plan.min_p}
        healed = self.prompt.rest.decode(errors="replace") or None
        return {"chat": self.prompt.chat, "healed": healed, "temperature": self._temperature, **cuts}


def check(depth: int, branch: int, plan: Plan) -> int:
    """How many nodes such a tree has. Raises MisuseError for none, more than MOST, and a repetition penalty."""
    count = sum(branch**level for level in range(1, depth + 1)) if depth <= MOST else MOST + 1
    if depth < 1 or branch < 1 or count > MOST:
        what = tr("a tree {depth} deep with {branch} branches has no nodes or too many", depth=depth, branch=branch)
        raise MisuseError(what, tr("give 1 or more of each, at most {most:,} nodes", most=MOST))
    if plan.repetition_penalty != 1:
        message = tr("a tree has no repetition penalty: each path would have another")
        raise MisuseError(message, tr("set it to 1"))
    return count


def grow(model: CausalLM, prompt: Prompt, depth: int, branch: int, plan: Plan, progress: Progress = silent) -> Tree:
    """The `branch` likeliest tokens after the prompt, after each of those, and so on, `depth` tokens deep.

    Probabilities are those of the plan's one temperature and its filters. Raises MisuseError as `check` does.
    """
    count = check(depth, branch, plan)
    settings = plan.settings(plan.temperatures[0])
    nodes: list[Node] = []
    level = [Node(Tokens((), ()), (), 0.0, 0.0, False, True)]
    for _ in range(depth):
        open_ = [node for node in level if not node.end]
        level = []
        for start in range(0, len(open_), TOGETHER):
            group = open_[start : start + TOGETHER]
            nexts = model.next([prompt.tokens + node.path for node in group])
            for node, logprobs in zip(group, nexts, strict=True):
                possible = logprobs if node.depth else prompt.first(logprobs)
                level += _children(model, node, sampling.distribution(possible, settings), branch)
            progress(len(nodes) + len(level), count)
        nodes += level
    return Tree(prompt, plan, tuple(sorted(nodes, key=lambda node: node.place)), of_text(model.info))


def _children(model: CausalLM, node: Node, logprobs: Floats, branch: int) -> list[Node]:
    best = [token for token in sampling.top(logprobs, branch).tolist() if np.isfinite(logprobs[token])]
    found = []
    for place, token in enumerate(best):
        own = float(logprobs[token])
        path = node.path + Tokens((token,), (model.piece(token),))
        last = place == len(best) - 1
        found.append(Node(path, (*node.place, place), own, node.path_logprob + own, model.is_end(token), last))
    return found
