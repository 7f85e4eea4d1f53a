# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of packets: seconds, as a float, that know their nanoseconds.

A float has no room for the nanoseconds of a date. Scripts calculate with these times as with any number; as a text, and when
compared with one another, they are exact.
"""
from decimal import Decimal


class Timestamp(float):
    """Seconds since 1970, of a whole number of nanoseconds in `ns`. `digits`: how many decimals the capture held, 6 or 9."""

    __slots__ = ("ns", "digits")

    def __new__(cls, ns, digits=9):
        seconds, rest = divmod(ns, 10**9)
        self = super().__new__(cls, seconds + rest / 1e9)
        self.ns = ns
        self.digits = digits
        return self

    def __reduce__(self):
        return type(self), (self.ns, self.digits)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __str__(self):
        sign = "-" if self.ns < 0 else ""
        seconds, rest = divmod(abs(self.ns), 10**9)
        return f"{sign}{seconds}.{rest // 10 ** (9 - self.digits):0{self.digits}d}"

    __repr__ = __str__

    def _exact(self, other):
        """Both as exact numbers, or None where the other is not known exactly."""
        if isinstance(other, Timestamp):
            return self.ns, other.ns
        if isinstance(other, (Decimal, int)):
            return Decimal(self.ns), Decimal(other) * 10**9
        return None

    def __eq__(self, other):
        both = self._exact(other)
        return float.__eq__(self, other) if both is None else both[0] == both[1]

    def __ne__(self, other):
        both = self._exact(other)
        return float.__ne__(self, other) if both is None else both[0] != both[1]

    def __lt__(self, other):
        both = self._exact(other)
        return float.__lt__(self, other) if both is None else both[0] < both[1]

    def __gt__(self, other):
        both = self._exact(other)
        return float.__gt__(self, other) if both is None else both[0] > both[1]

    def __le__(self, other):
        both = self._exact(other)
        return float.__le__(self, other) if both is None else both[0] <= both[1]

    def __ge__(self, other):
        both = self._exact(other)
        return float.__ge__(self, other) if both is None else both[0] >= both[1]

    __hash__ = float.__hash__
