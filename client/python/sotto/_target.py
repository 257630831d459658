"""Which server is meant, and the requests over HTTP that clients make of it."""

from __future__ import annotations

import asyncio
import json
import os
import ssl as tls
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from .errors import SottoError

DEFAULT_URL = "ws://127.0.0.1:8080"
STREAM_PATH = "/v1/stream"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
#: Longest wait for the server's explanation of a refusal, s.
EXPLANATION_TIMEOUT_S = 3.0
#: A longer body is a web page, not a fault.
BODY_BYTES_MAX = 65_536


@dataclass(frozen=True)
class Target:
    """A server: its address, the key or token for it, and how its certificate is checked."""

    url: str
    key: str | None = field(default=None, repr=False)
    ssl: tls.SSLContext | None = None

    @classmethod
    def resolve(cls, url: str | None, key: str | None, context: tls.SSLContext | None) -> Target:
        """Fills in what was left out from ``SOTTO_URL`` and ``SOTTO_KEY``."""
        address = url or os.environ.get("SOTTO_URL") or DEFAULT_URL
        if urlsplit(address).scheme not in ("http", "https", "ws", "wss"):
            raise ValueError(f"{address!r} is no address of a server: it must begin with ws://, wss://, http:// or https://.")
        return cls(address, key or os.environ.get("SOTTO_KEY") or None, context)

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine: no proxy leads there."""
        return urlsplit(self.url).hostname in LOOPBACK

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}

    def stream_url(self, session: str | None = None) -> str:
        """The WebSocket address; with ``session`` that to resume it at."""
        parts = urlsplit(self.url)
        path = STREAM_PATH if parts.path in ("", "/") else parts.path
        query = [parts.query] if parts.query else []
        if session is not None:
            query.append(f"resume={quote(session, safe='')}")
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        return urlunsplit((scheme, parts.netloc, path, "&".join(query), ""))

    def http_url(self, path: str) -> str:
        """The address of another endpoint of the same server."""
        parts = urlsplit(self.url)
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        return urlunsplit((scheme, parts.netloc, path, "", ""))

    def request(
        self,
        url: str,
        *,
        timeout: float,
        body: Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body of the answer, whatever the status. Raises ``SottoError`` when there is no answer."""
        request = urllib.request.Request(url, data=body, headers={**self.headers, **(headers or {})})
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=self.ssl)]
        if self.is_loopback:
            handlers.append(urllib.request.ProxyHandler({}))
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read(BODY_BYTES_MAX)
        except TimeoutError as error:
            raise SottoError("connection.timeout", f"{url} did not answer within {timeout:g} s.") from error
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise SottoError("connection.lost", f"{url} cannot be reached: {reason}") from error


def parse_refusal(status: int, body: bytes) -> SottoError:
    """The exception for an answer that is not the expected one: its fault, or else its status."""
    value: Any = None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        pass  # A proxy answered with a page of its own.
    if isinstance(value, dict):
        if isinstance(value.get("code"), str) and isinstance(value.get("text"), str):
            return SottoError.from_fault(value, status=status)
        # The form of the OpenAI-compatible endpoints.
        error = value.get("error")
        if isinstance(error, dict) and isinstance(error.get("message"), str):
            code = error.get("code") or error.get("type") or "connection.refused"
            return SottoError(str(code), error["message"], data={**error, "status": status})
    return SottoError("connection.refused", f"The server answered with HTTP {status}.", data={"status": status})
