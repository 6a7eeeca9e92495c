"""A server anywhere, through OpenAI's own client: connections that are kept, proxies, certificates."""

import weakref
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from llmlab.backends.served.wire import NO_JSON, Body, Key, WireError, answered, fault_of, no_json, told, unreached
from llmlab.errors import reason
from llmlab.language import tr

OFFICIAL_HOST = "api.openai.com"
NO_KEY = "none"  # the client wants one; servers without keys do not look at it


class Client:
    """One server. Nothing is tried again here: that is the pool's, which has others."""

    def __init__(self, url: str, key: Key, timeout: float, connections: int) -> None:
        self.url, self.key = url.rstrip("/"), key
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        http = httpx2.Client(limits=limits, timeout=timeout, follow_redirects=False)
        self._client = openai.OpenAI(
            api_key=key.value or NO_KEY, base_url=self.url, max_retries=0, timeout=timeout, http_client=http
        )
        if urlsplit(self.url).hostname != OFFICIAL_HOST:  # the environment's are for that one alone
            self._client.organization = self._client.project = None
        weakref.finalize(self, self._client.close)  # connections are kept as long as this is

    def ask(self, path: str, body: Body | None = None) -> Any:
        try:
            if body is None:
                return answered(self._client.get(self._whole(path), cast_to=object))
            return answered(self._client.post(self._whole(path), body=body, cast_to=object))
        except (openai.OpenAIError, httpx2.HTTPError, *NO_JSON) as error:
            raise self._without_key(_fault(error)) from None

    def stream(self, path: str, body: Body) -> Iterator[Any]:
        try:
            found = self._client.post(
                self._whole(path), body=body, cast_to=object, stream=True, stream_cls=openai.Stream[object]
            )
            with found:
                yield from map(answered, found)
        except (openai.OpenAIError, httpx2.HTTPError, *NO_JSON) as error:
            raise self._without_key(_fault(error)) from None

    def _without_key(self, error: WireError) -> WireError:
        """A server may repeat what it was sent."""
        error.said = error.said.replace(self.key.value, "***") if self.key.value else error.said
        return error

    def _whole(self, path: str) -> str:
        return self.url.removesuffix("/v1") + path if path.startswith("/") else f"{self.url}/{path}"


def _fault(error: Exception) -> WireError:
    """What went wrong, without what was sent: a header holds the key."""
    if isinstance(error, openai.APIStatusError):
        wait = error.response.headers.get("retry-after", "")
        wait_s = float(wait) if wait.replace(".", "", 1).isdecimal() else 0
        status = error.status_code
        return WireError(fault_of(status), told(error.response.content, status), status=status, wait_s=wait_s)
    if isinstance(error, openai.APITimeoutError):
        return WireError("broken", tr("it does not answer in time"))
    if isinstance(error, openai.APIConnectionError):
        return unreached(error)
    if isinstance(error, (openai.APIResponseValidationError, *NO_JSON)):
        return no_json()
    return WireError("broken", reason(error))
