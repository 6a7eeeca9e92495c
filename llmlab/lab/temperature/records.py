"""A sample as a record, and what is the same for all samples of a prompt."""

from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance
from llmlab.lab.temperature.drawn import Plan, Sample
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.text import finite, numbered
from llmlab.view import Record


def record(prompt: Prompt, plan: Plan, one: Sample, expected: Expected, origin: Provenance) -> Record:
    """One sample as a record."""
    expected = expected.in_sentences if prompt.chat else expected
    return {
        **conditions(prompt, plan),
        "temperature": one.temperature,
        "sample": one.sample,
        "text": one.text,
        "token_ids": numbered(one.ids),
        "tokens": len(one.ids),
        "logprob_nats": finite(one.logprob),
        "finish": one.finish,
        **({"right": expected.accepts(one.text)} if expected else {}),
        **origin.columns,
    }


def conditions(prompt: Prompt, plan: Plan) -> Record:
    """What is the same for all samples of a prompt."""
    return {
        "prompt": prompt.asked,
        "rendered_prompt": prompt.text,
        "chat": prompt.chat,
        "healed": prompt.rest.decode(errors="replace") or None,
        "seed": plan.seed,
        "max_tokens": plan.max_tokens,
        "top_k": plan.top_k,
        "top_p": plan.top_p,
        "min_p": plan.min_p,
        "repetition_penalty": plan.repetition_penalty,
        "same_noise": plan.same_noise,
        "stop": list(plan.stop),
    }
