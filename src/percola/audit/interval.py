"""Intervals that printed digits allow, with exact rational end points.

A number printed with decimals stands for everything that rounds to it: 0.18 for 0.175 to 0.185. Of a whole number,
trailing zeros may or may not have been measured; the wide reading is taken (300 stands for 250 to 350), so that no
finding hangs on it. Settings (temperatures, parts by weight, dimensions of a die) are set, not measured: a whole
number there is good to half a unit.

Sums, products and quotients are exact on fractions. Where a formula holds the same number twice, its callers use its
monotony (end points) instead, so that intervals stay as narrow as they are. Logarithms are rounded outward.

Reference: Moore, Kearfott and Cloud 2009 (moore2009), chapters 2 and 5.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from percola.errors import InputError

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?")
LONGEST = 40  # characters; no printed number is longer
PI = (Fraction(314159265358979323846, 10**20), Fraction(314159265358979323847, 10**20))


@dataclass(frozen=True)
class Interval:
    """A closed interval of rational numbers.

    Attributes:
        low: lower end.
        high: upper end, not below ``low``.
    """

    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise InputError("interval", f"{float(self.low)} to {float(self.high)}", "low not above high")

    @staticmethod
    def exact(value: Fraction | int) -> Interval:
        """The interval of one number."""
        return Interval(Fraction(value), Fraction(value))

    @property
    def middle(self) -> float:
        """The number in the middle."""
        return float((self.low + self.high) / 2)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Interval) -> Interval:
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def __truediv__(self, other: Interval) -> Interval:
        if other.low <= 0 <= other.high:
            raise InputError("interval", "a division by an interval that holds zero", "a divisor off zero")
        ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def scaled(self, factor: Fraction | int, offset: Fraction | int = 0) -> Interval:
        """factor * x + offset, factor positive."""
        return Interval(self.low * factor + offset, self.high * factor + offset)

    def square(self) -> Interval:
        """x * x of an interval that is not negative."""
        return Interval(self.low * self.low, self.high * self.high)

    def log(self) -> Interval:
        """Natural logarithm of a positive interval, rounded outward by two units in the last place."""
        if self.low <= 0:
            raise InputError("interval", f"the logarithm of {float(self.low)}", "a positive number")
        low, high = math.log(float(self.low)), math.log(float(self.high))
        slack = 4.0 * math.ulp(1.0)  # error of the conversion of the argument, and of log itself
        return Interval(
            Fraction(low - slack * max(1.0, abs(low))), Fraction(high + slack * max(1.0, abs(high)))
        )

    def holds(self, value: float | Fraction) -> bool:
        """Whether a number lies inside."""
        return self.low <= Fraction(value) <= self.high

    def meets(self, other: Interval) -> bool:
        """Whether the two have a number in common."""
        return self.low <= other.high and other.low <= self.high


def printed(text: str, setting: bool = False, where: str = "number") -> tuple[Fraction, Interval]:
    """The number of a printed text, and the interval of all numbers that it may stand for.

    Args:
        text: e.g. ``"0.18"``, ``"300"``, ``"3.62e5"``; no unit.
        setting: whether the number was set and not measured (trailing zeros of whole numbers count).
        where: what to name in a refusal.

    Raises:
        InputError: anything that is not a plain number; a comma (decimal or thousands: ambiguous).

    >>> printed("0.18")[1] == Interval(Fraction("0.175"), Fraction("0.185"))
    True
    """
    plain = text.strip()
    shown = repr(plain if len(plain) <= LONGEST else plain[:LONGEST] + "...")
    match = _NUMBER.fullmatch(plain) if len(plain) <= LONGEST else None
    if match is None:
        if "," in plain:
            raise InputError(
                where,
                f"{shown}: a comma may mean decimals or thousands",
                "a number with a decimal point",
                "write 0.54 for 0,54, and 2400 for 2,400",
            )
        raise InputError(
            where, f"{shown} is not a number", "a number such as 0.18, 300 or 3.62e5", "correct the cell"
        )
    sign, whole, decimals, exponent = match.groups()
    power = int(exponent or 0) - len(decimals or "")
    digits = int(whole + (decimals or ""))
    if abs(power) > 60:
        raise InputError(where, f"{shown} is too large or too small", "1e-60 to 1e60", "check the exponent")
    unit = Fraction(10) ** power
    value = digits * unit * (-1 if sign == "-" else 1)
    half = unit / 2
    if not setting and not decimals and digits:
        zeros = len(whole) - len(whole.rstrip("0"))
        half = unit * 10**zeros / 2
    return value, Interval(value - half, value + half)
