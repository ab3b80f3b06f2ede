"""Constraints on RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.

Restates the resize checks of Regor (tflite/tflite_supported_operators_u55.cpp and _u85.cpp,
Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

import math

from perfcost.physics.ethos_u.support.rule import Case, Found, Rule, flag, padded

_MAX_UPSCALE = 8
_MAX_HALF_PIXEL_UPSCALE = 2
_MAX_FACTOR = 2048
_MAX_HALF_PIXEL_FACTOR = 1024


def _sides(case: Case) -> tuple[tuple[int, int], tuple[int, int]]:
    """(height, width) before and after."""
    before, after = padded(case.ifm.shape), padded(case.ofm.shape)
    return (before[-3], before[-2]), (after[-3], after[-2])


def _found(case: Case) -> Found:
    (ih, iw), (oh, ow) = _sides(case)
    modes = [name for name in ("align_corners", "half_pixel_centers") if flag(case, name)]
    return case.ofm.name, " with ".join([f"{ih}x{iw} to {oh}x{ow}", *modes])


def _is_bilinear(case: Case) -> bool:
    return case.op.kind == "RESIZE_BILINEAR"


def _u55(case: Case) -> Found | None:
    before, after = _sides(case)
    if before == (1, 1):
        return None
    half_pixel = _is_bilinear(case) and flag(case, "half_pixel_centers")
    if before == after:
        return _found(case) if half_pixel else None
    aligned = flag(case, "align_corners")
    factors = [_upscale(i, o, aligned) for i, o in zip(before, after, strict=True)]
    if factors[0] != factors[1]:
        flat = any(o == 1 and f == 1 for o, f in zip(after, factors, strict=True))
        if not flat or half_pixel:
            return _found(case)
    bound = _MAX_HALF_PIXEL_UPSCALE if half_pixel else _MAX_UPSCALE
    return None if max(factors) in (2, 4, 8) and max(factors) <= bound else _found(case)


def _upscale(before: int, after: int, aligned: bool) -> float:
    if not aligned:
        return after / before if before else math.inf
    if after == 1:
        return 1
    return (after - 1) / (before - 1) if before > 1 else math.inf


def _exclusive(case: Case) -> Found | None:
    both = flag(case, "align_corners") and flag(case, "half_pixel_centers")
    return _found(case) if both else None


def _ratios(case: Case) -> list[tuple[int, int]]:
    """Per axis: (numerator, denominator) of the factor."""
    before, after = _sides(case)
    shift = 1 if flag(case, "align_corners") else 0
    return [(o - shift, i - shift) if i > 1 else (o, i) for i, o in zip(before, after, strict=True)]


def _factor(case: Case) -> Found | None:
    nearest = not _is_bilinear(case)
    half_pixel = flag(case, "half_pixel_centers") or (nearest and not flag(case, "align_corners"))
    bound = _MAX_HALF_PIXEL_FACTOR if half_pixel else _MAX_FACTOR
    for numerator, denominator in _ratios(case):
        if numerator == 0 or denominator == 0 or numerator // denominator > bound:
            return _found(case)
    return None


def _power_of_two(case: Case) -> Found | None:
    if _sides(case)[0] == (1, 1):
        return None
    for numerator, denominator in _ratios(case):
        whole, rest = divmod(numerator, denominator)
        if rest or whole < 1 or whole & (whole - 1):
            return _found(case)
    return None


RESIZE_U55 = (
    Rule(
        "resize_factor",
        "both sides grow by the same factor of 2, 4 or 8 (2 alone with half_pixel_centers), counted"
        " between corners with align_corners; or one side stays 1; or the input is 1x1",
        "resize by 2 in each step, without half_pixel_centers",
        _u55,
    ),
)

_EXCLUSIVE = Rule(
    "resize_modes",
    "align_corners and half_pixel_centers are not both set",
    "set half_pixel_centers to false",
    _exclusive,
)
_FACTOR = Rule(
    "resize_factor",
    "no side grows by more than 2048 with align_corners or 1024 without, or shrinks to 1 between"
    " corners",
    "resize in two steps",
    _factor,
)

NEAREST_U85 = (_EXCLUSIVE, _FACTOR)
BILINEAR_U85 = (
    *NEAREST_U85,
    Rule(
        "resize_factor",
        "each side grows by a power of two, counted between corners with align_corners",
        "resize by 2, 4 or 8, and crop after it",
        _power_of_two,
    ),
)
