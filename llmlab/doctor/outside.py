"""The network, which is left alone unless it is asked for, and the fonts that pictures are drawn with."""

from collections.abc import Iterator
from importlib.util import find_spec
from threading import Thread

from llmlab.doctor.report import Fact
from llmlab.language import tr

PATIENCE_S = 2
SAMPLE = "中文"


def facts(*, network: bool) -> Iterator[Fact]:
    yield from _network(tries=network)
    yield _fonts()


def _network(*, tries: bool) -> Iterator[Fact]:
    from huggingface_hub import constants

    from llmlab.models import hub

    host, offline = hub.host(), constants.is_offline_mode()
    yield Fact("network", "hub", host, host)
    yield Fact("network", "offline", offline, tr("HF_HUB_OFFLINE is set") if offline else "")
    if not tries:
        yield Fact("network", "reachable", None, tr("not tried (--network tries)"))
    elif _answers(f"{constants.ENDPOINT.partition('://')[0]}://{host}"):
        yield Fact("network", "reachable", True, tr("it answers"))
    else:
        lacks = tr("{host} does not answer within {seconds} s", host=host, seconds=PATIENCE_S)
        mend = tr("set HTTPS_PROXY, or HF_ENDPOINT for a mirror")
        yield Fact("network", "reachable", False, tr("it does not answer"), lacks, mend)


def _answers(url: str) -> bool:
    """Whether anything comes back, a refusal too. A name that nobody resolves is not waited for any longer."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    answered = []

    def ask() -> None:
        try:
            urlopen(Request(url, method="HEAD"), timeout=PATIENCE_S).close()
        except HTTPError:
            pass
        except (OSError, ValueError, HTTPException):
            return
        answered.append(url)

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE_S)
    return bool(answered)


def _fonts() -> Fact:
    """A font with Chinese letters, which pictures in png and pdf need."""
    if not find_spec("fontTools"):
        return Fact("fonts", "chinese", None, tr('pip install "llmlab[plot]" draws pictures'))
    from llmlab.render.plot import fonts

    if name := fonts.having(SAMPLE):
        return Fact("fonts", "chinese", name, tr("{font} has Chinese letters", font=name))
    lacks = tr("no font here has Chinese letters, which png and pdf need")
    return Fact("fonts", "chinese", None, tr("none has Chinese letters"), lacks, "apt install fonts-noto-cjk")
