"""hnswlib: a graph in memory, and a function that it asks about each row that it meets."""

from importlib.metadata import version

import hnswlib

from engines import Engine


class Graph(Engine):
    """HNSW with 16 neighbours (32 in the lowest layer), built with an effort of 200.

    The filter is a function of Python, which the library calls for each row; `bytes.__getitem__` is the quickest.
    """

    EFFORTS = (32, 64, 128, 256, 512, 1024, 2048, 4096)

    def __init__(self, world):
        super().__init__(world)
        self.questions = world.questions
        self.index = hnswlib.Index(space="ip", dim=world.vectors.shape[1])
        self.index.init_index(max_elements=len(world.vectors), M=16, ef_construction=200)
        self.index.add_items(world.vectors)
        self.index.set_num_threads(1)
        permitted = [world.permitted(reader) for reader in range(len(world.readers))]
        self.filters = [rows.astype("uint8").tobytes().__getitem__ for rows in permitted]
        self.counts = [min(world.count, int(rows.sum())) for rows in permitted]

    def facts(self):
        return f"hnswlib {version('hnswlib')}, compiled for this machine"

    def search(self, reader, question):
        self.index.set_ef(self.efforts[reader])
        try:
            return self.index.knn_query(self.questions[question], self.counts[reader], 1, self.filters[reader])
        except RuntimeError:
            # It raises where it found fewer rows than asked for, and gives none of them.
            return None

    def rows(self, found):
        return [] if found is None else [int(row) for row in found[0][0]]
