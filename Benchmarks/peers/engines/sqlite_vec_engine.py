"""sqlite-vec: tables of vectors in memory, with the label as partition key or as metadata.

The distance is Euclidean, which orders vectors of length 1 as the inner product does, and is the faster one. Large
pages suit the blobs that chunks are kept in.
"""

import sqlite3

import sqlite_vec

from engines import Engine

PAGE_BYTES = 65_536


class _Table(Engine):
    def __init__(self, world):
        super().__init__(world)
        self.database = sqlite3.connect(":memory:", isolation_level=None, cached_statements=1_000)
        self.database.enable_load_extension(True)
        sqlite_vec.load(self.database)
        self.database.execute(f"pragma page_size = {PAGE_BYTES}")
        self.database.execute(
            f"create virtual table rows using vec0({self.LABEL}, "
            f"vector float[{world.vectors.shape[1]}] distance_metric=l2, chunk_size={self.CHUNK_ROWS})"
        )
        self.database.execute("begin")
        self.database.executemany(
            "insert into rows (rowid, label, vector) values (?, ?, ?)",
            ((row, int(label), world.vectors[row].tobytes()) for row, label in enumerate(world.labels)),
        )
        self.database.execute("commit")
        self.questions = [question.tobytes() for question in world.questions]
        self.statements = [
            f"select rowid, distance from rows where vector match ? and k = {world.count} "
            f"and label in ({', '.join(map(str, permitted))}) order by distance limit {world.count}"
            for permitted in world.readers
        ]

    def facts(self):
        version, build = self.database.execute("select vec_version(), vec_debug()").fetchone()
        flags = build.rsplit("Build flags:", 1)[-1].strip()
        return f"sqlite-vec {version} (build flags: {flags or 'none'}) in SQLite {sqlite3.sqlite_version}"

    def search(self, reader, question):
        return self.database.execute(self.statements[reader], (self.questions[question],)).fetchall()

    def rows(self, found):
        return [row for row, _ in found]


class Partitions(_Table):
    """Exact; partitioned by label, and for each reader a statement that names its labels.

    A partition key takes equality alone. SQLite turns `in` into one search a label, each of which gives `count` rows,
    and sorts what they found. One statement a label with the rows merged here, `union all` and a join take as long.
    Small chunks suit partitions of uneven size, for whole chunks are read.
    """

    LABEL, CHUNK_ROWS = "label integer partition key", 256


class Metadata(_Table):
    """Exact; the label is a column of metadata, and for each reader a statement that names its labels."""

    LABEL, CHUNK_ROWS = "label integer", 1_024
