"""What goes wrong with a baseline, by name."""

from perfcost.errors import PerfcostError


class BaselineError(PerfcostError):
    """A baseline cannot be fitted, saved, loaded or asked: labels, files, metric, kind of op."""
