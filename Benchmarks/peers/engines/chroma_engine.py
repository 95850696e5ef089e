"""Chroma in this process: a collection in memory."""

import os

# Read when the library is loaded.
os.environ.update(RAYON_NUM_THREADS="1", TOKIO_WORKER_THREADS="1", ANONYMIZED_TELEMETRY="False")

import chromadb

from engines import Engine


class Collection(Engine):
    """HNSW with 16 neighbours, built with an effort of 200; filtered by `label in [...]`.

    The effort of a search belongs to the collection and not to a query, so it is the same for every share.
    """

    EFFORT = 200

    def __init__(self, world):
        super().__init__(world)
        self.count = world.count
        client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))
        graph = {"space": "ip", "max_neighbors": 16, "ef_construction": 200, "ef_search": self.EFFORT, "num_threads": 1}
        self.collection = client.create_collection("rows", embedding_function=None, configuration={"hnsw": graph})
        size = client.get_max_batch_size()
        for first in range(0, len(world.labels), size):
            self.collection.add(
                ids=[str(row) for row in range(first, min(first + size, len(world.labels)))],
                embeddings=world.vectors[first : first + size],
                metadatas=[{"label": int(label)} for label in world.labels[first : first + size]],
            )
        self.questions = [question[None, :] for question in world.questions]
        self.filters = [{"label": {"$in": list(permitted)}} for permitted in world.readers]

    def facts(self):
        return f"Chroma {chromadb.__version__}, search effort {self.EFFORT}"

    def search(self, reader, question):
        return self.collection.query(
            query_embeddings=self.questions[question],
            n_results=self.count,
            where=self.filters[reader],
            include=["distances"],
        )

    def rows(self, found):
        return [int(row) for row in found["ids"][0]]
