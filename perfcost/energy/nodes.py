"""How published energies of one process are carried to another.

A. Stillmaker, B. Baas: Scaling equations for the accurate prediction of CMOS device performance
from 180 nm to 7 nm, Integration 58 (2017), 74-81: energy of a gate is e2 V^2 + e1 V + e0, with
coefficients fitted to SPICE for each process. They are of logic; memories are scaled by them too.
"""

from __future__ import annotations

# nm -> (e2, e1, e0); high performance processes from 45 nm down.
_COEFFICIENTS = {
    90: (4.762, -4.781, 2.092),
    65: (3.755, -4.398, 1.975),
    45: (1.018, -0.3107, 0.1539),
    32: (0.8367, -0.4341, 0.1701),
    20: (0.373, -0.1582, 0.04104),
    16: (0.2958, -0.1241, 0.03024),
    14: (0.2363, -0.09675, 0.02239),
    10: (0.2068, -0.09311, 0.02375),
    7: (0.1776, -0.09097, 0.02447),
}
SMALLEST_NM, LARGEST_NM = 7, 90
LOWEST_V, HIGHEST_V = 0.5, 1.3


def energy_factor(nm: float, volts: float) -> float:
    """Energy at a process and a voltage, over that at 45 nm and 0.9 V (Horowitz, ISSCC 2014).

    Between two processes of the source: straight between their factors.

    Raises:
        ValueError: a process from 7 to 90 nm, or a voltage from 0.5 to 1.3 V, is expected.
    """
    if not SMALLEST_NM <= nm <= LARGEST_NM:
        raise ValueError(f"came {nm} nm, expected {SMALLEST_NM} to {LARGEST_NM}")
    if not LOWEST_V <= volts <= HIGHEST_V:
        raise ValueError(f"came {volts} V, expected {LOWEST_V} to {HIGHEST_V}")
    above = min(node for node in _COEFFICIENTS if node >= nm)
    below = max(node for node in _COEFFICIENTS if node <= nm)
    share = (nm - below) / (above - below) if above > below else 0.0
    energy = (1 - share) * _energy(below, volts) + share * _energy(above, volts)
    return energy / _energy(45, 0.9)


def _energy(node: int, volts: float) -> float:
    e2, e1, e0 = _COEFFICIENTS[node]
    return e2 * volts * volts + e1 * volts + e0
