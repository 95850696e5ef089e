"""FAISS: flat, HNSW and IVF indexes of inner products in memory."""

import faiss
import numpy as np

from engines import Engine


class _FaissEngine(Engine):
    def __init__(self, world):
        super().__init__(world)
        self.count = world.count
        self.questions = [np.ascontiguousarray(question[None, :]) for question in world.questions]
        # Both threads build; one searches.
        self.index = self.build(world)
        faiss.omp_set_num_threads(1)
        self.selectors = [self.selector(world, reader) for reader in range(len(world.readers))]
        self.parameters = [self.settings(reader) for reader in range(len(world.readers))]

    def facts(self):
        return f"FAISS {faiss.__version__} ({faiss.get_compile_options().strip()})"

    def selector(self, world, reader):
        return faiss.IDSelectorBitmap(np.packbits(world.permitted(reader), bitorder="little"))

    def spend(self, reader, effort):
        super().spend(reader, effort)
        self.parameters[reader] = self.settings(reader)

    def search(self, reader, question):
        return self.index.search(self.questions[question], self.count, params=self.parameters[reader])

    def rows(self, found):
        return [int(row) for row in found[1][0] if row >= 0]


class FlatBitmap(_FaissEngine):
    """Exact; for each reader a bitmap of the rows that it may find."""

    def build(self, world):
        index = faiss.IndexFlatIP(world.vectors.shape[1])
        index.add(world.vectors)
        return index

    def settings(self, reader):
        return faiss.SearchParameters(sel=self.selectors[reader])


class Codes(_FaissEngine):
    """One byte a component, without the exact vectors; a bitmap of the rows, and none for who may read them all."""

    def build(self, world):
        index = faiss.IndexScalarQuantizer(
            world.vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        index.train(world.vectors)
        index.add(world.vectors)
        return index

    def selector(self, world, reader):
        return None if world.permitted(reader).all() else super().selector(world, reader)

    def settings(self, reader):
        return faiss.SearchParameters(sel=self.selectors[reader]) if self.selectors[reader] else None


class FlatRange(FlatBitmap):
    """Exact; for each reader the stretches of rows that it may find, one search each, merged here.

    FAISS scans a range alone and not the rows beside it, but takes one range a search.
    """

    def selector(self, world, reader):
        permitted = np.concatenate([[0], world.permitted(reader).astype(np.int8), [0]])
        edges = np.flatnonzero(np.diff(permitted)).reshape(-1, 2)
        return [faiss.IDSelectorRange(int(first), int(end)) for first, end in edges]

    def settings(self, reader):
        return [faiss.SearchParameters(sel=selector) for selector in self.selectors[reader]]

    def search(self, reader, question):
        question = self.questions[question]
        found = [self.index.search(question, self.count, params=one) for one in self.parameters[reader]]
        scores = np.concatenate([scores[0] for scores, _ in found])
        rows = np.concatenate([rows[0] for _, rows in found])
        best = np.argsort(-scores, kind="stable")[: self.count]
        return scores[best][None], rows[best][None]


class Graph(_FaissEngine):
    """HNSW with 32 neighbours, built with an effort of 200; the bitmap says which rows may be found."""

    EFFORTS = (32, 64, 128, 256, 512, 1024, 2048, 4096)

    def build(self, world):
        index = faiss.IndexHNSWFlat(world.vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 200
        index.add(world.vectors)
        return index

    def settings(self, reader):
        return faiss.SearchParametersHNSW(sel=self.selectors[reader], efSearch=self.efforts[reader])


class Lists(_FaissEngine):
    """IVF with 316 lists, about the square root of the rows; the bitmap says which rows may be found."""

    EFFORTS = (1, 2, 4, 8, 16, 32, 64, 128, 316)

    def build(self, world):
        dimension = world.vectors.shape[1]
        self.quantizer = faiss.IndexFlatIP(dimension)
        lists = min(316, max(1, int(len(world.vectors) ** 0.5)))
        index = faiss.IndexIVFFlat(self.quantizer, dimension, lists, faiss.METRIC_INNER_PRODUCT)
        index.train(world.vectors)
        index.add(world.vectors)
        return index

    def settings(self, reader):
        return faiss.SearchParametersIVF(sel=self.selectors[reader], nprobe=self.efforts[reader])
