import random

from sotto._back_off import compute_back_off
from sotto._unacknowledged import Unacknowledged


class CountingServer:
    """What reaches a server: samples, of which those that a cut split are lost, and commands."""

    def __init__(self, frame_bytes: int) -> None:
        self.frame_bytes = frame_bytes
        self.order: list[object] = []

    def take(self, item: "bytes | str") -> None:
        self.order.extend([item] if isinstance(item, str) else list(item))

    def discard_split_sample(self) -> None:
        split = self.byte_count % self.frame_bytes
        for _ in range(split):
            at = max(i for i, each in enumerate(self.order) if isinstance(each, int))
            del self.order[at]

    @property
    def byte_count(self) -> int:
        return sum(isinstance(each, int) for each in self.order)

    @property
    def samples(self) -> int:
        return self.byte_count // self.frame_bytes

    @property
    def commands(self) -> int:
        return len(self.order) - self.byte_count


def test_whatever_is_cut_every_byte_and_command_arrives_once_and_in_order() -> None:
    for seed in range(300):
        chance = random.Random(seed)
        frame_bytes = chance.randint(1, 6)
        # A command in the middle of a sample arrives before the rest of it is sent again.
        splits_samples = seed % 2 == 1
        queue, server = Unacknowledged(frame_bytes, 10**6), CountingServer(frame_bytes)
        given: list[object] = []
        for step in range(60):
            choice = chance.random()
            if choice < 0.4:
                size = chance.randint(0, 23) if splits_samples else chance.randint(0, 5) * frame_bytes
                audio = bytes(chance.randrange(256) for _ in range(size))
                queue.push(audio)
                given.extend(audio)
            elif choice < 0.5:
                queue.push(f"command {step}")
                given.append(f"command {step}")
            elif choice < 0.75:
                item = queue.take_next()
                if item is not None:
                    server.take(item)
            elif choice < 0.85:
                queue.acknowledge(chance.randint(0, server.samples))
            else:
                # A last piece is sent, and only a part of it arrives.
                item = queue.take_next()
                if isinstance(item, bytes):
                    server.take(item[: chance.randint(0, len(item))])
                server.discard_split_sample()
                queue.resume(server.samples, server.commands)
        while (item := queue.take_next()) is not None:
            server.take(item)
        for kind in (int, str):
            assert [each for each in server.order if isinstance(each, kind)] == [each for each in given if isinstance(each, kind)], f"seed {seed}"
        assert splits_samples or server.order == given, f"seed {seed}"
        assert queue.lost_bytes == 0
        queue.acknowledge(server.samples, server.commands)
        assert queue.bytes < frame_bytes and queue.unsent_bytes == 0


def test_at_the_bound_the_oldest_audio_goes_and_what_never_arrived_is_counted() -> None:
    queue = Unacknowledged(2, 10)
    queue.push(b"aabb")
    assert queue.take_next() == b"aabb"
    queue.push("flush")
    queue.push(b"ccddeeff")
    assert queue.bytes == 10
    assert queue.lost_bytes == 0, "the first sample was sent and may have arrived"
    queue.resume(1, 0)
    assert queue.lost_bytes == 0, "it has"
    assert [queue.take_next() for _ in range(3)] == [b"bb", "flush", b"ccddeeff"]
    queue.push(b"gghh")
    queue.resume(1, 1)
    assert queue.lost_bytes == 4, "two samples were sent, are no longer held, and have not arrived"
    queue.push(b"iijj")
    assert (queue.lost_bytes, queue.bytes) == (8, 10), "two more were never sent"
    assert queue.take_next() == b"ffgghhiijj"[:2]


def test_without_keeping_only_what_is_unsent_is_held() -> None:
    queue = Unacknowledged(2, 10, is_kept=False)
    queue.push(b"aabb")
    assert (queue.bytes, queue.unsent_bytes) == (4, 4)
    assert queue.take_next() == b"aabb"
    assert (queue.bytes, queue.unsent_bytes, queue.has_unsent) == (0, 0, False)


def test_waits_double_up_to_five_seconds_and_half_of_each_is_random() -> None:
    assert [compute_back_off(attempt, 1) for attempt in (1, 2, 3)] == [0.1, 0.2, 0.4]
    assert compute_back_off(40, 1) == 5
    assert compute_back_off(40, 0) == 2.5
