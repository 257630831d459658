"""What was given to a session and the server has not acknowledged. Pure: the session decides when to send."""

from __future__ import annotations

from typing import Union

#: Something that is sent: audio, or a text frame that counts as a command.
Item = Union[bytes, str]


class Unacknowledged:
    """Audio and commands in their order. Those before a cursor were sent on the present connection, the others wait.

    Positions count whole samples of each channel, and commands, over the whole session, as the server counts them.
    ``frame_bytes`` is the size of one sample of all channels. Audio beyond ``bytes_max`` is dropped, the oldest first.
    Without ``is_kept``, nothing is kept once it was sent.
    """

    def __init__(self, frame_bytes: int, bytes_max: int, *, is_kept: bool = True) -> None:
        self._frame_bytes = frame_bytes
        self._bytes_max = bytes_max
        self._is_kept = is_kept
        self._items: list[Item] = []
        #: Items that were sent.
        self._cursor = 0
        self._bytes_before = 0
        self._commands_before = 0
        self._bytes = 0
        self._unsent_bytes = 0
        self._lost_bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes of audio that are held."""
        return self._bytes

    @property
    def unsent_bytes(self) -> int:
        """Bytes of audio that were not sent on this connection."""
        return self._unsent_bytes

    @property
    def lost_bytes(self) -> int:
        """Bytes of audio that were dropped at the bound and never reached the server."""
        return self._lost_bytes

    @property
    def has_unsent(self) -> bool:
        return self._cursor < len(self._items)

    def push(self, item: Item) -> None:
        self._items.append(item)
        if isinstance(item, str):
            return
        self._bytes += len(item)
        self._unsent_bytes += len(item)
        self._drop_oldest()

    def take_next(self) -> Item | None:
        """The next item to send, which then counts as sent; None when all were."""
        if not self.has_unsent:
            return None
        item = self._items[self._cursor]
        size = 0 if isinstance(item, str) else len(item)
        self._unsent_bytes -= size
        if self._is_kept:
            self._cursor += 1
        else:
            del self._items[0]
            self._bytes -= size
        return item

    def acknowledge(self, samples: int, commands: int | None = None) -> None:
        """Removes what the server has received: so many samples and, if it said so, so many commands."""
        size = samples * self._frame_bytes - self._bytes_before
        count = 0 if commands is None else commands - self._commands_before
        # Commands that were not acknowledged may lie between audio that was: they stay, in their order.
        kept: list[Item] = []
        at = 0
        while at < self._cursor and (size > 0 or count > 0):
            item = self._items[at]
            at += 1
            if isinstance(item, str):
                if count > 0:
                    count -= 1
                else:
                    kept.append(item)
                continue
            taken = max(0, min(size, len(item)))
            size -= taken
            self._bytes -= taken
            self._bytes_before += taken
            if taken < len(item):
                kept.append(item[taken:])
        if commands is not None:
            self._commands_before = commands
        self._items[:at] = kept
        self._cursor -= at - len(kept)

    def resume(self, samples: int, commands: int) -> None:
        """The server continues from this position: everything that is held is sent again."""
        self.acknowledge(samples, commands)
        # What was sent, never arrived and is no longer held: the server counts on from where it was.
        self._lost_bytes += max(0, self._bytes_before - samples * self._frame_bytes)
        self._bytes_before = samples * self._frame_bytes
        self._cursor = 0
        self._unsent_bytes = self._bytes

    def _drop_oldest(self) -> None:
        """Drops audio beyond the bound, in whole samples."""
        over = -(-(self._bytes - self._bytes_max) // self._frame_bytes) * self._frame_bytes
        at = 0
        while over > 0 and at < len(self._items):
            item = self._items[at]
            if isinstance(item, str):
                at += 1
                continue
            taken = min(over, len(item))
            over -= taken
            self._bytes -= taken
            if at < self._cursor:
                # It may have arrived: `resume` tells.
                self._bytes_before += taken
            else:
                self._unsent_bytes -= taken
                self._lost_bytes += taken
            if taken < len(item):
                self._items[at] = item[taken:]
            else:
                del self._items[at]
                if at < self._cursor:
                    self._cursor -= 1
