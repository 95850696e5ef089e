"""LanceDB: a table on disk, in the system's cache, whose filter is applied before the search."""

import os
import tempfile

# Read when the library is loaded. With one thread for input (LANCE_IO_THREADS) it waits for itself for ever.
os.environ.update(LANCE_CPU_THREADS="1", TOKIO_WORKER_THREADS="1", RAYON_NUM_THREADS="1")

from importlib.metadata import version

import lancedb
import pyarrow

from engines import Engine


class Flat(Engine):
    """Exact: no index of vectors. A bitmap index of labels finds the rows of `label in (...)`."""

    def __init__(self, world):
        super().__init__(world)
        self.count, self.questions = world.count, world.questions
        self.folder = tempfile.TemporaryDirectory(prefix="lancedb-")
        dimension = world.vectors.shape[1]
        rows = pyarrow.table(
            {
                "id": pyarrow.array(range(len(world.labels)), pyarrow.int32()),
                "label": pyarrow.array(world.labels, pyarrow.int32()),
                "vector": pyarrow.FixedSizeListArray.from_arrays(
                    pyarrow.array(world.vectors.reshape(-1), pyarrow.float32()), dimension
                ),
            }
        )
        self.table = lancedb.connect(self.folder.name).create_table("rows", rows)
        self.table.create_scalar_index("label", index_type="BITMAP")
        self.index()
        self.filters = [f"label in ({', '.join(map(str, permitted))})" for permitted in world.readers]

    def index(self):
        pass

    def facts(self):
        return f"LanceDB {version('lancedb')}"

    def query(self, reader, question):
        query = self.table.search(self.questions[question]).distance_type("dot")
        return query.where(self.filters[reader], prefilter=True).select(["id", "_distance"]).limit(self.count)

    def search(self, reader, question):
        return self.query(reader, question).to_arrow()

    def rows(self, found):
        return found.column("id").to_pylist()

    def close(self):
        self.folder.cleanup()


class Lists(Flat):
    """IVF_FLAT with 316 lists; the rows of `label in (...)` are found first."""

    EFFORTS = (1, 2, 4, 8, 16, 32, 64, 128, 316)

    def index(self):
        self.table.create_index(metric="dot", num_partitions=316, index_type="IVF_FLAT")

    def query(self, reader, question):
        return super().query(reader, question).nprobes(self.efforts[reader])
