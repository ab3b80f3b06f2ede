"""The Relay front end: TVM's older graph language, as text or as a live module."""

from perfcost.frontends.relay.live import is_relay_module, text_of_module
from perfcost.frontends.relay.reader import read_relay

__all__ = ["is_relay_module", "read_relay", "text_of_module"]
