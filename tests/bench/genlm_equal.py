"""Whether llmlab says of texts by character what genlm-bytes says by byte, on a tiny model; neither leaves a cover out.

P of every beginning of 20 texts, and of the character that follows each. genlm-bytes counts a control token as the
bytes of its name: no text here holds a "<", and it is left out of what follows. Of a character of several bytes llmlab
may miss as much as it says that it did not follow. Prints the largest differences; ends with 1 when one is too large.
"""

import asyncio
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genlm.backend import load_model_by_name
from genlm.bytes import BeamParams, ByteBeamState

from llmlab.backends.base import Tokens
from llmlab.backends.spellings import Spellings
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.lab.characters.covers import Effort, Request, cover
from llmlab.lab.characters.following import Following, following

TESTS = Path(__file__).parents[1]
COUNT, CHARACTERS, LIKELIEST = 20, 5, 3
NATS, PROBABILITY = 1e-4, 1e-5  # that the two may differ by: genlm-bytes sums in float32
ALL = Effort(floor=0.0, per_token=10_000, rounds=100, worth=0.0)
UNPRUNED = BeamParams(K=sys.maxsize, prune_threshold=0.0, heal=False)


@dataclass(frozen=True)
class Apart:
    """How far the two are from each other after one text."""

    beginnings: float  # nats
    letters: float  # probability of a character of one byte
    others: float  # and of several, beyond what llmlab says that it did not follow


async def main() -> None:
    texts = json.loads((TESTS / "data" / "texts.json").read_text(encoding="utf-8"))
    fit = [text[:CHARACTERS] for text in texts if "<" not in text[:CHARACTERS]]
    asked = fit[:: len(fit) // COUNT][:COUNT]
    with tempfile.TemporaryDirectory() as scratch:
        folder = tiny_model(Path(scratch), texts)
        model = HuggingFaceLM(folder, "tiny", "")
        spellings = Spellings.read(model)
        options = {"hf_opts": {"dtype": "float32", "device_map": "cpu"}}
        beam = await ByteBeamState.initial(load_model_by_name(str(folder), "hf", options), UNPRUNED)
        found = [await compare(model, spellings, beam, text) for text in asked]
        await beam.cleanup()
    print(f"{len(asked)} texts of {CHARACTERS} characters, genlm-bytes and llmlab side by side")
    same("log P of each of their beginnings, nats", NATS, [one.beginnings for one in found])
    same("P of each next character of one byte", PROBABILITY, [one.letters for one in found])
    same(f"P of the {LIKELIEST} likeliest of several bytes", PROBABILITY, [one.others for one in found])


def tiny_model(folder: Path, texts: Sequence[str]) -> Path:
    sys.path.append(str(TESTS))
    import tiny

    return tiny.language_model(folder, texts)


async def compare(model: HuggingFaceLM, spellings: Spellings, beam: ByteBeamState, text: str) -> Apart:
    covers = cover(model, spellings, Request(Tokens((), ()), model.encode(text)), ALL)
    ours = following(model, spellings, covers)
    beginnings = []
    for byte, logprob in zip(text.encode(), covers.logprobs[1:], strict=True):
        beam = await (beam << byte)
        beginnings.append(abs(beam.logZ - logprob))
    nexts = await beam.logp_next()
    letters = [
        abs(ours.characters.get(one, 0.0) - math.exp(nexts[ord(one)])) for one in map(chr, range(128)) if one != "<"
    ]
    return Apart(max(beginnings), max(letters), await several_bytes(ours, beam))


async def several_bytes(ours: Following, beam: ByteBeamState) -> float:
    """How far the two are apart over the likeliest characters of several bytes, beyond what was not followed."""
    likeliest = sorted((mass, one) for one, mass in ours.characters.items() if not one.isascii())[-LIKELIEST:]
    apart = 0.0
    for mass, character in likeliest:
        after = beam
        for byte in character.encode():
            after = await (after << byte)
        missing = math.exp(after.logZ - beam.logZ) - mass
        apart = max(apart, -missing, missing - ours.rest)
    return apart


def same(what: str, close: float, differences: Sequence[float]) -> None:
    if not max(differences) <= close:
        sys.exit(f"{what}: {max(differences):.1e} apart, more than {close:.0e}")
    print(f"{what}: within {max(differences):.1e}")


if __name__ == "__main__":
    asyncio.run(main())
