#!/usr/bin/env python3
"""Makes a data set for filtered search in which the filter is an access decision, or checks one.

    make_dataset.py make FOLDER --model FOLDER [--rows N] [--seed S] [--texts FILE]
    make_dataset.py check FOLDER

The form is that of the collections in `qdrant/ann-filtering-benchmark-datasets`, so that what reads those reads this:

    vectors.npy      float32, rows x 384, of length 1; the rows of a label stand together
    payloads.jsonl   a line a row: {"label": N}
    tests.jsonl      a line a test: {"query": [...], "conditions": {"or": [{"label": {"match": {"value": N}}}, ...]},
                     "closest_ids": [...], "closest_scores": [...], "permitted_percent": P}
    dataset.json     how it was made

The base is real: embeddings by all-MiniLM-L6-v2 of the one-line descriptions of the packages that apt knows (or of
the lines of a file), in an order that the seed gives. Some are kept back: they are the queries. Rows beyond the base
are grown: each is a + (b - c) / 2 for three rows of the base, made one long again. It moves away from `a` in a
direction in which texts differ, so that what is grown fills the part of space that text fills, and not all directions
alike.

Labels have sizes by Zipf's law with exponent 1.5 and hold rows at random: who may read a row is not told by its
vector. For each share of the rows there are four readers, who read labels chosen at random, as many as fit the share.

The closest rows are those of the largest inner products in float64, of equal ones the first. `check` reads the files
alone and computes them in another way: by einsum over blocks of all rows, of which payloads and conditions let some
through.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import unicodedata

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

SHARES = [0.1, 1, 10, 50, 100]
READERS = 4
LABELS = 64
EXPONENT = 1.5
QUERIES = 64
CLOSEST = 100
BASE_ROWS = 40_000
BLOCK = 8_192
# Scores of one row, summed in another order, may differ by this much.
TOLERANCE = 1e-12


# Texts and their vectors


class WordPieces:
    """Splits text as the model's vocabulary wants it: lower case, no accents, the longest known pieces first."""

    LONGEST_WORD = 100
    MOST_TOKENS = 128

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.numbers = {line.rstrip("\n"): number for number, line in enumerate(file)}

    def encode(self, text):
        pieces = [piece for word in self.words(text) for piece in self.pieces(word)]
        pieces = ["[CLS]", *pieces[: self.MOST_TOKENS - 2], "[SEP]"]
        return [self.numbers[piece] for piece in pieces]

    @staticmethod
    def words(text):
        spaced = []
        for character in unicodedata.normalize("NFD", text.lower()):
            category = unicodedata.category(character)
            if category in ("Mn", "Cc", "Cf"):
                spaced.append(" " if character in "\t\n\r" else "")
            elif category[0] == "P" or (character.isascii() and category[0] == "S") or category == "Lo":
                spaced.append(f" {character} ")
            else:
                spaced.append(character)
        return "".join(spaced).split()

    def pieces(self, word):
        found, start = [], 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self.numbers), None)
            if end is None or len(word) > self.LONGEST_WORD:
                return ["[UNK]"]
            found.append(prefix + word[start:end])
            start = end
        return found


def descriptions():
    """The one-line descriptions of the packages that apt knows."""
    printed = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, check=True, text=True).stdout
    lines = (line.partition(": ") for line in printed.splitlines())
    return [text for field, _, text in lines if field in ("Description", "Description-en")]


def embed(texts, model):
    """A vector of length 1 for each text. Texts of as many tokens share a call, so that nothing is padded."""
    from time_onnxruntime import Encoder

    pieces = WordPieces(os.path.join(model, "vocab.txt"))
    session = Encoder(os.path.join(model, "model.safetensors")).session
    ids = [pieces.encode(text) for text in texts]
    vectors = np.empty((len(texts), 384), np.float32)
    order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
    done = 0
    while done < len(order):
        length = len(ids[order[done]])
        numbers = [number for number in order[done : done + 64] if len(ids[number]) == length]
        tokens = np.array([ids[number] for number in numbers], np.int32)
        vectors[numbers] = session.run(None, {"ids": tokens, "types": np.zeros_like(tokens)})[0]
        done += len(numbers)
        if done // 4_096 > (done - len(numbers)) // 4_096:
            print(f"make_dataset: {done} of {len(texts)} texts embedded", file=sys.stderr)
    return vectors


# The set


def grow(base, rows, random):
    """Yields `rows` vectors in blocks: those of the base first, then rows moved as two others differ."""
    yield base[:rows]
    for first in range(len(base), rows, BLOCK):
        a, b, c = random.integers(len(base), size=(3, min(BLOCK, rows - first)))
        moved = base[a] + (base[b] - base[c]) / 2
        yield moved / np.linalg.norm(moved, axis=1, keepdims=True)


def label_sizes(rows):
    weights = np.arange(1, LABELS + 1) ** -EXPONENT
    sizes = (weights / weights.sum() * rows).astype(int)
    sizes[0] += rows - sizes.sum()
    return sizes


def readable(sizes, share, random):
    """Labels chosen at random, as many as fit the share."""
    left, chosen = round(share / 100 * sizes.sum()), []
    for label in random.permutation(len(sizes)):
        if sizes[label] <= left:
            chosen.append(int(label))
            left -= sizes[label]
    return sorted(chosen)


def closest(vectors, bounds, labels, query):
    """Numbers and scores of the rows of these labels with the largest inner products, the best first."""
    rows = np.concatenate([np.arange(bounds[label], bounds[label + 1]) for label in labels])
    scores = np.concatenate(
        [vectors[rows[first : first + BLOCK]].astype(np.float64) @ query for first in range(0, len(rows), BLOCK)]
    )
    best = np.lexsort((rows, -scores))[:CLOSEST]
    return rows[best].tolist(), scores[best].tolist()


def make(folder, model, rows, seed, texts):
    random = np.random.default_rng(seed)
    if texts:
        with open(texts, encoding="utf-8") as file:
            found = file.read().splitlines()
    else:
        found = descriptions()
    found = sorted({text.strip() for text in found if len(text.split()) >= 3})
    if len(found) < 2 * QUERIES:
        raise SystemExit(f"make_dataset: {len(found)} texts are too few; run `apt-get update`, or give --texts FILE")
    chosen = [found[number] for number in random.permutation(len(found))[: QUERIES + min(BASE_ROWS, rows)]]
    vectors = embed(chosen, model)
    queries, base = vectors[:QUERIES].astype(np.float64), vectors[QUERIES:]
    vectors = np.concatenate(list(grow(base, rows, random))).astype(np.float32)
    # Rows come to labels at random; each label's rows then stand together.
    vectors = vectors[random.permutation(rows)]
    sizes = label_sizes(rows)
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    os.makedirs(folder, exist_ok=True)
    np.save(os.path.join(folder, "vectors.npy"), vectors)
    with open(os.path.join(folder, "payloads.jsonl"), "w") as file:
        for label, size in enumerate(sizes):
            file.write(f'{{"label": {label}}}\n' * size)
    with open(os.path.join(folder, "tests.jsonl"), "w") as file:
        for share in SHARES:
            readers = [readable(sizes, share, random) for _ in range(READERS)]
            for number, query in enumerate(queries):
                labels = readers[number % READERS]
                ids, scores = closest(vectors, bounds, labels, query)
                conditions = {"or": [{"label": {"match": {"value": label}}} for label in labels]}
                test = {
                    "query": [float(str(np.float32(value))) for value in query],
                    "conditions": conditions,
                    "closest_ids": ids,
                    "closest_scores": scores,
                    "permitted_percent": share,
                }
                file.write(json.dumps(test) + "\n")
    facts = {
        "rows": rows,
        "base_rows": len(base),
        "queries": QUERIES,
        "labels": LABELS,
        "zipf_exponent": EXPONENT,
        "seed": seed,
        "texts": len(found),
        "texts_sha256": hashlib.sha256("\n".join(found).encode()).hexdigest(),
        "model": "all-MiniLM-L6-v2",
        "vectors_sha256": hashlib.sha256(vectors.tobytes()).hexdigest(),
    }
    # Written last: it says that all of it is there.
    with open(os.path.join(folder, "dataset.json"), "w") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")


# The check


def lets_through(conditions, payload):
    """Whether a row with this payload meets conditions of the forms that the set uses."""
    ((kind, parts),) = conditions.items()
    if kind != "or":
        raise SystemExit(f"make_dataset: unknown condition {kind!r}")
    return any(payload[name] == test["match"]["value"] for part in parts for name, test in part.items())


def check(folder):
    """Raises SystemExit at the first test whose closest rows are not the true ones."""
    vectors = np.load(os.path.join(folder, "vectors.npy"), mmap_mode="r")
    with open(os.path.join(folder, "payloads.jsonl")) as file:
        payloads = [json.loads(line) for line in file]
    with open(os.path.join(folder, "tests.jsonl")) as file:
        tests = [json.loads(line) for line in file]
    if len(payloads) != len(vectors) or not tests:
        raise SystemExit(f"make_dataset: {len(vectors)} vectors, {len(payloads)} payloads, {len(tests)} tests")
    # Written with as many digits as tell a float32 from its neighbours.
    queries = np.array([test["query"] for test in tests], np.float32).astype(np.float64)
    distinct, which = np.unique(queries, axis=0, return_inverse=True)
    scores = np.empty((len(distinct), len(vectors)))
    for first in range(0, len(vectors), BLOCK):
        block = vectors[first : first + BLOCK].astype(np.float64)
        scores[:, first : first + BLOCK] = np.einsum("rd,qd->qr", block, distinct)
    # Rows of one payload are let through together.
    values, kinds = np.unique([json.dumps(payload, sort_keys=True) for payload in payloads], return_inverse=True)
    for number, test in enumerate(tests):
        permitted = np.array([lets_through(test["conditions"], json.loads(value)) for value in values])[kinds]
        ids, own = np.array(test["closest_ids"]), scores[which.reshape(-1)[number]]
        faults = {
            "a row twice": len(set(test["closest_ids"])) != len(ids),
            "too few rows": len(ids) != min(CLOSEST, permitted.sum()),
            "a row that the conditions hide": not permitted[ids].all(),
            "a wrong score": not np.allclose(own[ids], test["closest_scores"], rtol=0, atol=TOLERANCE),
            "rows out of order": (np.diff(test["closest_scores"]) > 0).any(),
            "a closer row left out": np.delete(np.where(permitted, own, -2), ids).max() > own[ids].min() + TOLERANCE,
        }
        for fault, is_there in faults.items():
            if is_there:
                raise SystemExit(f"make_dataset: test {number}: {fault}")
    print(f"make_dataset: {len(tests)} tests, {len(vectors)} rows: the closest rows are the true ones")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("folder")
    making.add_argument("--model", required=True, help="the folder of all-MiniLM-L6-v2")
    making.add_argument("--rows", type=int, default=100_000)
    making.add_argument("--seed", type=int, default=1)
    making.add_argument("--texts", help="a text a line, instead of the descriptions of packages")
    checking = commands.add_parser("check")
    checking.add_argument("folder")
    options = vars(parser.parse_args())
    command = {"make": make, "check": check}[options.pop("command")]
    command(**options)


if __name__ == "__main__":
    main()
