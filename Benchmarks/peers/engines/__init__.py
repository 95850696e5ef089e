"""What the scan is measured beside: a module for each library, loaded only by the process that measures it."""

from dataclasses import dataclass

import numpy as np


@dataclass
class World:
    """What every engine is built from and asked."""

    # float32, rows x dimension, of length 1; the rows of a label stand together.
    vectors: np.ndarray
    # The label of each row.
    labels: np.ndarray
    # The labels that each reader may read.
    readers: list
    # float32, questions x dimension, of length 1.
    questions: np.ndarray
    # Results of a search.
    count: int

    def permitted(self, reader):
        """Whether each row may be read."""
        return np.isin(self.labels, self.readers[reader])

    def best(self, reader, question):
        """The true best rows, by float64."""
        rows = np.flatnonzero(self.permitted(reader))
        scores = self.vectors[rows].astype(np.float64) @ self.questions[question].astype(np.float64)
        return rows[np.argsort(-scores, kind="stable")[: self.count]].tolist()


class Engine:
    """An index of the rows of a world.

    `search` is what is timed: it gives what the library gives. `rows` reads the rows' numbers from that, best first.
    """

    # What an approximate search may be told to spend, from least to most; empty for an exact one.
    EFFORTS = ()

    def __init__(self, world):
        # For each reader, which of the efforts a search spends.
        self.efforts = [self.EFFORTS[0] if self.EFFORTS else None for _ in world.readers]

    def facts(self):
        raise NotImplementedError

    def search(self, reader, question):
        raise NotImplementedError

    def rows(self, found):
        raise NotImplementedError

    def spend(self, reader, effort):
        """Lets the searches of a reader spend this much."""
        self.efforts[reader] = effort

    def close(self):
        """Ends what the engine started."""
