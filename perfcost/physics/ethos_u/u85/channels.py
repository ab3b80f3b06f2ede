"""Bandwidth of the Ethos-U85 by what is read: each kind of data has a read buffer of its own.

A reader can have only so many bursts under way: what its read buffer holds, or what the memory
takes at once. With a long latency that bounds it below the bandwidth of the memory. Restates
``ChannelBW`` and ``MeasureAccessCycles`` of Regor (Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from perfcost.targets.profile import Buffers, Memory

_SHARE = 0.8
"""Share of the bursts, and of the bandwidth that they give, that is taken to be reached."""

_READERS = {
    "copy": "mem2mem_read_words",
    "stream": "ifm_stream_read_words",
    "weights": "weight_read_words",
    "fast_weights": "fast_weight_read_words",
    "ifm": "ifm_read_words",
    "scales": "scale_read_words",
}
"""Channel -> the read buffer that it has; ``write`` has none."""


@lru_cache(maxsize=4096)
def bandwidth(buffers: Buffers, memory: Memory, channel: str) -> float:
    """Bytes a cycle that a channel gets from a memory at most."""
    if channel == "write":
        outstanding, latency = memory.max_writes, memory.write_latency_cycles
    else:
        outstanding, latency = memory.max_reads, memory.read_latency_cycles
    bursts = outstanding * memory.ports * _SHARE
    if channel != "write":
        words = max(memory.burst_length_bytes // 16, 1)
        bursts = min(bursts, getattr(buffers, _READERS[channel]) / words)
    if latency <= 0 or bursts <= 0:
        return memory.bytes_per_cycle
    return min(memory.bytes_per_cycle, memory.burst_length_bytes * bursts / latency * _SHARE)


class Traffic:
    """Bytes by memory, and the cycles that each memory needs for them."""

    __slots__ = ("_buffers", "_channels", "bytes_moved")

    def __init__(self, buffers: Buffers) -> None:
        self._buffers = buffers
        self._channels: dict[Memory, dict[tuple[str, str], float]] = defaultdict(dict)
        self.bytes_moved: dict[str, float] = {}

    def copy(self) -> Traffic:
        """The same once more, to add to."""
        found = Traffic(self._buffers)
        for memory, channels in self._channels.items():
            found._channels[memory] = dict(channels)
        found.bytes_moved = dict(self.bytes_moved)
        return found

    def add(self, memory: Memory, channel: str, nbytes: float, group: str = "maps") -> None:
        found = self._channels[memory]
        found[channel, group] = found.get((channel, group), 0.0) + int(nbytes)
        self.bytes_moved[memory.name] = self.bytes_moved.get(memory.name, 0.0) + nbytes

    @property
    def cycles(self) -> dict[str, float]:
        """The busiest channel of each memory, or all of them on its bandwidth."""
        found: dict[str, float] = {}
        for memory, channels in self._channels.items():
            by_channel: dict[str, int] = defaultdict(int)
            for (channel, _), nbytes in channels.items():
                by_channel[channel] += int(nbytes / bandwidth(self._buffers, memory, channel))
            whole = int(sum(channels.values()) / memory.bytes_per_cycle)
            found[memory.name] = max(whole, *by_channel.values())
        return found


def copy_cycles(buffers: Buffers, source: Memory, destination: Memory, nbytes: float) -> int:
    """Cycles to copy bytes from one memory to another."""
    return max(
        int(nbytes / bandwidth(buffers, source, "copy")) + source.read_latency_cycles,
        int(nbytes / bandwidth(buffers, destination, "write")) + destination.write_latency_cycles,
    )


def read_cycles(buffers: Buffers, memory: Memory, nbytes: float, channel: str) -> int:
    """Cycles until bytes are read, the latency of the first included."""
    return int(nbytes / bandwidth(buffers, memory, channel)) + memory.read_latency_cycles
