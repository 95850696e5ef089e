"""Times the official Cedar engine (PyPI's cedarpy) on the decisions that the benchmark makes.

Reads one JSON object from the file named as the first argument, and prints one: how many requests were allowed, the
processor seconds of each batch of decisions, and the seconds of reading the entities by the schema.
"""

import json
import sys
import time

import cedarpy


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        world = json.load(file)
    rounds = int(sys.argv[2])
    context = json.loads(world["context"])
    requests = [
        {"principal": world["principal"], "action": world["action"], "resource": resource, "context": context}
        for resource in world["resources"]
    ]
    batches, readings, allowed = [], [], 0
    for _ in range(rounds):
        start = time.process_time()
        results = cedarpy.is_authorized_batch(requests, world["policies"], world["entities"])
        batches.append(time.process_time() - start)
        allowed = sum(1 for result in results if result.allowed)
        # One decision by no policy: what it takes is the reading of the entities.
        start = time.perf_counter()
        cedarpy.is_authorized(requests[0], "", world["entities"], schema=world["schema"])
        readings.append(time.perf_counter() - start)
    json.dump({"allowed": allowed, "batch_seconds": batches, "reading_seconds": readings}, sys.stdout)


main()
