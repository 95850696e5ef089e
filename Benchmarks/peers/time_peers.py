#!/usr/bin/env python3
"""Searches the rows of a data set with one of the libraries that the scan is measured beside: `time_peers.py NAME`.

`PeerMeasurement` starts one process for each, so that none stops another, and writes one JSON object a line; each line
is answered by one of the same kind. What cannot be done is answered by {"error": reason}.

    {"names": {}}                                {"names": [...]}
    {"load": {...}}                              {"facts": [...]}
    {"answer": {"reader": R, "question": Q}}     {"rows": [...]}, the best first
    {"time": {"calls": [[R, Q], ...]}}           {"milliseconds": [...]}

Rows are numbered from 0 in the order of the file of vectors, where the rows of a label stand together. A time is
that of the search alone: the question lies ready in the peer's own form, and so does the filter of each reader.

Each searches with one thread. An approximate one spends for each reader the least effort that finds 95 % of the true
best rows of eight questions, or the most that its list of efforts has: what a careful user would set, who knows the
share.

Not here: FAISS HNSW with a range, for a range of rows skips nothing in a graph; an effort by share for Chroma, where it
belongs to the collection. hnswlib has no wheel and is compiled where it is installed.
"""

import os
import sys

# Read when the libraries are loaded: one thread each, as the scan they are compared with has. FAISS builds with more.
os.environ.update(OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import importlib
import json
import platform
from time import perf_counter

import numpy as np

from engines import World

# The module and the class of each.
ENGINES = {
    "FAISS flat, bitmap": ("faiss_engine", "FlatBitmap"),
    "FAISS flat, range": ("faiss_engine", "FlatRange"),
    "FAISS SQ8, bitmap": ("faiss_engine", "Codes"),
    "FAISS HNSW, bitmap": ("faiss_engine", "Graph"),
    "FAISS IVF, bitmap": ("faiss_engine", "Lists"),
    "hnswlib, filter": ("hnswlib_engine", "Graph"),
    "sqlite-vec, partition key": ("sqlite_vec_engine", "Partitions"),
    "sqlite-vec, metadata": ("sqlite_vec_engine", "Metadata"),
    "LanceDB flat, prefilter": ("lancedb_engine", "Flat"),
    "LanceDB IVF, prefilter": ("lancedb_engine", "Lists"),
    "Chroma": ("chroma_engine", "Collection"),
    "Qdrant": ("qdrant_engine", "Shard"),
    "Qdrant, ACORN": ("qdrant_engine", "ShardWithAcorn"),
    "PostgreSQL, row-level security": ("postgres_engine", "Exact"),
    "PostgreSQL HNSW, row-level security": ("postgres_engine", "Graph"),
}

ENOUGH_RECALL = 0.95
TUNING_QUESTIONS = 8


def read_world(vectors, questions, dimension, label_rows, readers, count):
    vectors = np.fromfile(vectors, dtype="<f4").reshape(-1, dimension)
    questions = np.fromfile(questions, dtype="<f4").reshape(-1, dimension)
    labels = np.repeat(np.arange(len(label_rows)), label_rows)
    if len(labels) != len(vectors):
        raise ValueError(f"{len(vectors)} vectors for {len(labels)} labels")
    return World(vectors, labels, readers, questions, count)


def tune(engine, world):
    """Chooses for each reader the least effort that finds enough of the true best rows."""
    questions = range(min(TUNING_QUESTIONS, len(world.questions)))
    for reader in range(len(world.readers)) if engine.EFFORTS else []:
        best = [set(world.best(reader, question)) for question in questions]
        for effort in engine.EFFORTS:
            engine.spend(reader, effort)
            found = [engine.rows(engine.search(reader, question)) for question in questions]
            hits = sum(len(rows & set(own)) for rows, own in zip(best, found))
            if hits >= ENOUGH_RECALL * sum(map(len, best)):
                break


def measure(engine, calls):
    times = []
    for reader, question in calls:
        start = perf_counter()
        engine.search(reader, question)
        times.append((perf_counter() - start) * 1000)
    return times


class Conversation:
    """One engine, from its name to its times."""

    def __init__(self, name):
        self.name, self.engine = name, None

    def reply(self, request, values):
        if request == "names":
            return {"names": list(ENGINES)}
        if request == "load":
            return {"facts": self.load(**values)}
        if request == "answer":
            return {"rows": self.engine.rows(self.engine.search(values["reader"], values["question"]))}
        if request == "time":
            return {"milliseconds": measure(self.engine, values["calls"])}
        raise ValueError(f"unknown request {request!r}")

    def load(self, **values):
        module, kind = ENGINES[self.name]
        kind = getattr(importlib.import_module(f"engines.{module}"), kind)
        world, start = read_world(**values), perf_counter()
        self.engine = kind(world)
        built = perf_counter() - start
        tune(self.engine, world)
        facts = [self.engine.facts(), f"built in {built:.0f} s"]
        if self.engine.EFFORTS:
            facts.append(f"efforts by reader {self.engine.efforts}")
        return [*facts, f"Python {platform.python_version()}"]


def main():
    conversation = Conversation(sys.argv[1])
    # What a library prints must not stand among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        for line in sys.stdin:
            ((request, values),) = json.loads(line).items()
            try:
                reply = conversation.reply(request, values)
            except Exception as error:
                reply = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
            print(json.dumps(reply), file=answers, flush=True)
    finally:
        if conversation.engine:
            conversation.engine.close()


if __name__ == "__main__":
    main()
