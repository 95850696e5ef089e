"""Qdrant's engine in this process: one shard on disk, in the system's cache."""

import tempfile
from importlib.metadata import version

import qdrant_edge as qdrant

from engines import Engine


class Shard(Engine):
    """HNSW with 16 neighbours (32 in the lowest layer), built with an effort of 200 and with edges for the labels.

    Labels are indexed before the graph is built, as its makers advise; where few rows are permitted, the engine itself
    leaves the graph and scans them.
    """

    EFFORTS = (32, 64, 128, 256, 512, 1024, 2048)
    WITH_ACORN = False

    def __init__(self, world):
        super().__init__(world)
        self.count = world.count
        self.folder = tempfile.TemporaryDirectory(prefix="qdrant-")
        graph = qdrant.HnswIndexConfig(m=16, ef_construct=200, full_scan_threshold=10_000)
        config = qdrant.EdgeConfig(
            vectors=qdrant.EdgeVectorParams(size=world.vectors.shape[1], distance=qdrant.Distance.Dot),
            hnsw_config=graph,
            optimizers=qdrant.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1_000),
            max_search_threads=1,
        )
        self.shard = qdrant.EdgeShard.create(self.folder.name, config)
        self.shard.update(
            qdrant.UpdateOperation.create_field_index("label", qdrant.IntegerIndexParams(lookup=True, range=False))
        )
        for first in range(0, len(world.labels), 5_000):
            rows = range(first, min(first + 5_000, len(world.labels)))
            points = [
                qdrant.Point(id=row, vector=world.vectors[row].tolist(), payload={"label": int(world.labels[row])})
                for row in rows
            ]
            self.shard.update(qdrant.UpdateOperation.upsert_points(points))
        while self.shard.optimize():
            pass
        self.questions = [qdrant.Query.Nearest(question.tolist()) for question in world.questions]
        self.filters = [
            qdrant.Filter(must=[qdrant.FieldCondition(key="label", match=qdrant.MatchAny(list(permitted)))])
            for permitted in world.readers
        ]

    def facts(self):
        info = self.shard.info()
        return (
            f"qdrant-edge-py {version('qdrant-edge-py')}, {info.indexed_vectors_count} of {info.points_count} rows in "
            f"the graph, {info.segments_count} segments"
        )

    def request(self, reader, question):
        acorn = qdrant.AcornSearchParams(enable=self.WITH_ACORN)
        return qdrant.QueryRequest(
            limit=self.count,
            query=self.questions[question],
            filter=self.filters[reader],
            params=qdrant.SearchParams(hnsw_ef=self.efforts[reader], acorn=acorn),
        )

    def search(self, reader, question):
        return self.shard.query(self.request(reader, question))

    def rows(self, found):
        return [point.id for point in found]

    def close(self):
        self.shard.close()
        self.folder.cleanup()


class ShardWithAcorn(Shard):
    """The same, searched by ACORN: it steps over neighbours that are not permitted to theirs."""

    WITH_ACORN = True
