"""Bandwidth of the Ethos-U85 by what is read: each kind of data has a read buffer of its own.

A reader can have only so many bursts under way: what its read buffer holds, or what the memory
takes at once. With a long latency that bounds it below the bandwidth of the memory. Restates
``ChannelBW`` and ``MeasureAccessCycles`` of Regor (Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

import numpy as np

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


class Channels:
    """The channels of one accelerator."""

    __slots__ = ("_buffers", "_known")

    def __init__(self, buffers: Buffers) -> None:
        self._buffers = buffers
        self._known: dict[tuple[str, str], float] = {}

    def bandwidth(self, memory: Memory, channel: str) -> float:
        """Bytes a cycle that a channel gets from a memory at most."""
        found = self._known.get((memory.name, channel))
        if found is None:
            found = self._known[memory.name, channel] = self._bandwidth(memory, channel)
        return found

    def _bandwidth(self, memory: Memory, channel: str) -> float:
        if channel == "write":
            outstanding, latency = memory.max_writes, memory.write_latency_cycles
        else:
            outstanding, latency = memory.max_reads, memory.read_latency_cycles
        bursts = outstanding * memory.ports * _SHARE
        if channel != "write":
            words = max(memory.burst_length_bytes // 16, 1)
            bursts = min(bursts, getattr(self._buffers, _READERS[channel]) / words)
        if latency <= 0 or bursts <= 0:
            return memory.bytes_per_cycle
        reached = memory.burst_length_bytes * bursts / latency * _SHARE
        return min(memory.bytes_per_cycle, float(np.float32(reached)))  # as precise as Regor's

    def copy_cycles(self, source: Memory, destination: Memory, nbytes: float) -> int:
        """Cycles to copy bytes from one memory to another."""
        read = int(nbytes / self.bandwidth(source, "copy")) + source.read_latency_cycles
        written = int(nbytes / self.bandwidth(destination, "write"))
        return max(read, written + destination.write_latency_cycles)

    def read_cycles(self, memory: Memory, nbytes: float, channel: str) -> int:
        """Cycles until bytes are read, the latency of the first included."""
        return int(nbytes / self.bandwidth(memory, channel)) + memory.read_latency_cycles


class Traffic:
    """Bytes by memory, and the cycles that each memory needs for them."""

    __slots__ = ("_channels", "_moved", "bytes_moved")

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._moved: dict[str, tuple[Memory, dict[tuple[str, str], float]]] = {}
        self.bytes_moved: dict[str, float] = {}

    def copy(self) -> Traffic:
        """The same once more, to add to."""
        found = Traffic(self._channels)
        found._moved = {name: (memory, dict(by)) for name, (memory, by) in self._moved.items()}
        found.bytes_moved = dict(self.bytes_moved)
        return found

    def add(self, memory: Memory, channel: str, nbytes: float, group: str = "maps") -> None:
        """Bytes through a channel while the command runs."""
        self.occupy(memory, channel, nbytes, group)
        self.count(memory, nbytes)

    def occupy(self, memory: Memory, channel: str, nbytes: float, group: str) -> None:
        """Bytes that take time of a channel; each group of them is rounded for itself."""
        _, found = self._moved.setdefault(memory.name, (memory, {}))
        found[channel, group] = found.get((channel, group), 0.0) + int(nbytes)

    def count(self, memory: Memory, nbytes: float) -> None:
        """Bytes that are moved, whenever that is."""
        self.bytes_moved[memory.name] = self.bytes_moved.get(memory.name, 0.0) + nbytes

    @property
    def cycles(self) -> dict[str, float]:
        """The busiest channel of each memory, or all of them on its bandwidth."""
        found: dict[str, float] = {}
        for name, (memory, moved) in self._moved.items():
            by_channel: dict[str, int] = {}
            for (channel, _), nbytes in moved.items():
                cycles = int(nbytes / self._channels.bandwidth(memory, channel))
                by_channel[channel] = by_channel.get(channel, 0) + cycles
            found[name] = max(
                int(sum(moved.values()) / memory.bytes_per_cycle), *by_channel.values()
            )
        return found
