"""Pictures and pages of what an estimate says."""

from perfcost.report.svg import time_picture

__all__ = ["time_picture"]
