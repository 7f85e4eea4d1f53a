# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns: lists of flow fingerprints."""
import io

from iotsig import _iotsig

from ..inputs import read_whole
from .FlowFingerprint import FlowFingerprint

COLUMNS = ["network_protocol", "src", "dst", "transport_protocol", "sport", "dport", "application_layer"]


class NetworkPattern:
    """Flows, in order. What the library has found becomes objects of Python when it is looked at."""

    def __init__(self, flows=[]):  # pylint: disable=dangerous-default-value
        self._native = None
        self._partial = False
        self._flows = list(flows)

    @classmethod
    def _of_library(cls, native, partial=False):
        self = cls()
        self._native, self._partial, self._flows = native, partial, None
        return self

    @property
    def flows(self):
        if self._flows is None:
            self._flows = [FlowFingerprint._of_library(flow, self._partial) for flow in self._native]
            self._native = None  # from now on scripts may change them
        return self._flows

    @flows.setter
    def flows(self, flows):
        self._flows, self._native = flows, None

    def get_flows(self):
        return self.flows

    def set_flows(self, flows):
        self.flows = flows

    def add_flow(self, flow):
        """Appends a flow."""
        self.flows.append(flow)

    def __len__(self):
        return len(self._native if self._flows is None else self._flows)

    def __iter__(self):
        return iter(self.flows)

    def __getitem__(self, index):
        return self.flows[index]

    def __getstate__(self):
        return {**self.__dict__, "_flows": self.flows, "_native": None}

    def __setstate__(self, state):
        self.__dict__.update(state)

    def _in_library(self, match_random_ports=False):
        """The pattern as the library has it."""
        if self._flows is None and not match_random_ports:
            return self._native
        return _iotsig.pattern_from_flows(self.flows if self._flows is not None else self._native, match_random_ports, "")

    @classmethod
    def load_from_csv(cls, file):
        """Reads a pattern file: of this package, of the program, or as the package signature-extraction writes them."""
        if isinstance(file, io.TextIOBase):
            file = io.BytesIO(file.read().encode("utf-8", "surrogateescape"))
        patterns = read_whole(file)
        if len(patterns) == 1:
            return cls._of_library(patterns[0])
        return cls([FlowFingerprint._of_library(flow) for pattern in patterns for flow in pattern])

    def find_matching_flow(self, flow, match_random_ports=False):
        """(index, flow) of the first flow that a flow matches; ValueError where there is none."""
        index = _iotsig.find(flow, self._native if self._flows is None else self.flows, bool(match_random_ports), ())
        if index < 0:
            raise ValueError("there is no flow that matches")
        return index, self.flows[index]

    def to_df(self):
        """A DataFrame, a row for each flow."""
        import pandas  # pylint: disable=import-outside-toplevel

        rows = [tuple(value for _, value in flow) for flow in self.flows]
        return pandas.DataFrame({name: pandas.Series([row[i] for row in rows], dtype=object) for i, name in enumerate(COLUMNS)}).infer_objects()

    def to_csv(self, file):
        """Writes all of the flows to a file that load_from_csv() reads back."""
        if self._partial:
            self.flows  # become objects, which can be looked at  # pylint: disable=pointless-statement
        native = self._in_library()
        for flow in self._flows or ():
            flow._must_be_whole()
        if hasattr(file, "write"):
            file.write(native.text("csv"))
        else:
            native.write(file, "csv")

    def _shown(self):
        return [f"<{flow}>" for flow in self.flows]

    def __str__(self):
        return "\n".join(self._shown())

    def __repr__(self):
        return ", ".join(self._shown())
