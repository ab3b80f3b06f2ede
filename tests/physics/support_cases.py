"""For each constraint a net that breaks just that one, and the net after the edit."""

from support_axes import AXES
from support_general import GENERAL, WEIGHTED
from support_windows import RESIZES, WINDOWS

EXAMPLES = (*GENERAL, *WEIGHTED, *WINDOWS, *RESIZES, *AXES)
