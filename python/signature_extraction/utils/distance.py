# SPDX-License-Identifier: GPL-3.0-or-later
"""Distances from 0 to 1, as exact fractions."""
from fractions import Fraction

from iotsig import _iotsig

ZERO = Fraction(0)
ONE = Fraction(1)


def discrete_distance(a, b):
    """0 of equal values, 1 of others."""
    return ZERO if a == b else ONE


def levenshtein_ratio(a, b):
    """How many characters must change, of the characters of both texts."""
    return Fraction(*_iotsig.text_distance(a, b))


def distance_hosts(a, b):
    """The distance of two hosts: names and addresses."""
    if a is None or b is None:
        return discrete_distance(a, b)
    return Fraction(*_iotsig.host_distance(a, b))
