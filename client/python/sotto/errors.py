"""The one exception of this package."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SottoError"]


class SottoError(Exception):
    """A request or a session failed.

    ``code`` is stable and meant for programs. Codes of the server are listed in its protocol under "Faults", such as
    ``auth.invalid`` or ``server.full``. Those of this client are ``connection.refused`` (an answer that is not a fault),
    ``connection.lost`` (no connection, or it ended for good), ``connection.timeout``, ``session.ended`` (something was sent
    after the end), and ``audio.unreadable``.

    ``retry`` says whether to try again: ``never``, ``same`` (the same request), ``elsewhere`` (another server) or ``after``
    (a pause); None where the server did not say. ``data`` holds everything else that is known: all fields of the fault,
    and the HTTP ``status`` or the close status (``close``) it came with.
    """

    def __init__(
        self, code: str, text: str, *, retry: str | None = None, data: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.retry = retry
        self.data: Mapping[str, object] = dict(data or {})

    def __str__(self) -> str:
        return f"{self.text} ({self.code})"

    @classmethod
    def from_fault(cls, fault: Mapping[str, object], **data: object) -> SottoError:
        """The exception for a fault as it is on the wire, with ``data`` beside its own fields."""
        retry = fault.get("retry")
        return cls(
            str(fault.get("code")),
            str(fault.get("text")),
            retry=retry if isinstance(retry, str) else None,
            data={**fault, **data},
        )
