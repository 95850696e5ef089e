#!/usr/bin/env python3
"""Searches the same rows with FAISS and with sqlite-vec, and says how long each search took.

`PeerMeasurement` starts it and writes one JSON object a line; each line is answered by one of the same kind.

    {"load": {...}}                                        {"facts": [...]}
    {"answer": {"peer": P, "reader": R, "question": Q}}    {"rows": [...]}, the best first
    {"time": {"peer": P, "calls": [[R, Q], ...]}}          {"milliseconds": [...]}

Rows are numbered from 0 in the order of the file of vectors, in which the rows of a label stand together. A time is
that of the search alone: the question lies ready in the peer's own form, and so does the filter of each reader.
"""

import os

# Read when the libraries are loaded: one thread each, as the scan they are compared with has.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import json
import platform
import sqlite3
import sys
from time import perf_counter

import faiss
import numpy as np
import sqlite_vec


class FlatIndex:
    """FAISS: a flat index of inner products, and for each reader a bitmap of the rows that it may find."""

    def __init__(self, vectors, labels, readers, questions, count):
        self.count = count
        self.index = faiss.IndexFlatIP(vectors.shape[1])
        self.index.add(vectors)
        self.questions = [np.ascontiguousarray(question[None, :]) for question in questions]
        self.filters = []
        for permitted in readers:
            bitmap = np.packbits(np.isin(labels, permitted), bitorder="little")
            self.filters.append(faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bitmap)))

    def search(self, reader, question):
        _, rows = self.index.search(self.questions[question], self.count, params=self.filters[reader])
        return rows

    def answer(self, reader, question):
        return [int(row) for row in self.search(reader, question)[0] if row >= 0]


class PartitionedTable:
    """sqlite-vec: a table in memory, partitioned by label, and for each reader a statement that names its labels.

    A partition key takes equality alone. SQLite turns `in` into one search a label, each of which gives `count` rows,
    and sorts what they found. One statement a label with the rows merged here, `union all` and a join take as long.

    The distance is Euclidean, which orders vectors of length 1 as the inner product does, and is the faster one. Small
    chunks suit partitions of uneven size, for whole chunks are read; large pages suit the blobs they are kept in.
    """

    CHUNK_ROWS = 256
    PAGE_BYTES = 65_536

    def __init__(self, vectors, labels, readers, questions, count):
        self.database = sqlite3.connect(":memory:", isolation_level=None, cached_statements=1_000)
        self.database.enable_load_extension(True)
        sqlite_vec.load(self.database)
        self.database.execute(f"pragma page_size = {self.PAGE_BYTES}")
        self.database.execute(
            "create virtual table rows using vec0(label integer partition key, "
            f"vector float[{vectors.shape[1]}] distance_metric=l2, chunk_size={self.CHUNK_ROWS})"
        )
        self.database.execute("begin")
        self.database.executemany(
            "insert into rows (rowid, label, vector) values (?, ?, ?)",
            ((row, int(label), vectors[row].tobytes()) for row, label in enumerate(labels)),
        )
        self.database.execute("commit")
        self.questions = [question.tobytes() for question in questions]
        self.statements = [
            f"select rowid, distance from rows where vector match ? and k = {count} "
            f"and label in ({', '.join(map(str, permitted))}) order by distance limit {count}"
            for permitted in readers
        ]

    def search(self, reader, question):
        return self.database.execute(self.statements[reader], (self.questions[question],)).fetchall()

    def answer(self, reader, question):
        return [row for row, _ in self.search(reader, question)]


def load(vectors, questions, dimension, label_rows, readers, count):
    vectors = np.fromfile(vectors, dtype="<f4").reshape(-1, dimension)
    questions = np.fromfile(questions, dtype="<f4").reshape(-1, dimension)
    labels = np.repeat(np.arange(len(label_rows)), label_rows)
    if len(labels) != len(vectors):
        raise SystemExit(f"time_peers: {len(vectors)} vectors for {len(labels)} labels")
    faiss.omp_set_num_threads(1)
    rest = (readers, questions, count)
    peers = {
        "faiss": FlatIndex(vectors, labels, *rest),
        "sqlite-vec": PartitionedTable(vectors, labels, *rest),
        "faiss, no rows": FlatIndex(vectors[:0], labels[:0], *rest),
        "sqlite-vec, no rows": PartitionedTable(vectors[:0], labels[:0], *rest),
    }
    database = peers["sqlite-vec"].database
    version, build = database.execute("select vec_version(), vec_debug()").fetchone()
    flags = build.rsplit("Build flags:", 1)[-1].strip()
    facts = [
        f"FAISS {faiss.__version__} ({faiss.get_compile_options().strip()})",
        f"sqlite-vec {version} (build flags: {flags or 'none'}) in SQLite {sqlite3.sqlite_version}",
        f"Python {platform.python_version()}",
    ]
    return peers, facts


def measure(peer, calls):
    times = []
    for reader, question in calls:
        start = perf_counter()
        peer.search(reader, question)
        times.append((perf_counter() - start) * 1000)
    return times


def main():
    peers = {}
    for line in sys.stdin:
        ((request, values),) = json.loads(line).items()
        if request == "load":
            peers, facts = load(**values)
            reply = {"facts": facts}
        elif request == "answer":
            reply = {"rows": peers[values["peer"]].answer(values["reader"], values["question"])}
        elif request == "time":
            reply = {"milliseconds": measure(peers[values["peer"]], values["calls"])}
        else:
            raise SystemExit(f"time_peers: unknown request {request!r}")
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
