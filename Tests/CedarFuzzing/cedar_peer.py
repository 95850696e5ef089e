#!/usr/bin/env python3
"""Puts cases to the official engine, by way of the package `cedarpy`, and prints what `portcullis cedar run` prints.

    cedar_peer.py < CASES.jsonl > VERDICTS.jsonl

A line of cases is read as `Sources/CedarCases/PolicyCase.swift` describes; a line of verdicts has the same members, but
a fault has its `file` and `message` without a place. What the engine is asked is the same in the same order: schema,
policies, links, entities, then the requests. Policies are validated strictly, which is the only way the package has;
it validates text, so that links do not count.
"""

import json
import sys

import cedarpy


class Unreadable(Exception):
    """One of the texts of a case cannot be used."""

    def __init__(self, file, error):
        super().__init__(str(error))
        self.file = file

    def fault(self):
        return {"file": self.file, "message": str(self)}


def read(file, function, *arguments):
    try:
        return function(*arguments)
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(file, error) from None


def text(value):
    """JSON as text: as it is written in a string, or as the case holds it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_valid(policies, schema):
    return cedarpy.validate_policies(policies, schema).validation_passed


def ask(request, policies, entities, schema):
    question = {part: request[part] for part in ("principal", "action", "resource")}
    question["context"] = text(request["context"])
    is_validated = request.get("validateRequest", True)
    result = cedarpy.is_authorized(question, policies, entities, schema if is_validated else None)
    said = result.diagnostics
    if result.decision == cedarpy.Decision.NoDecision:
        return {"refused": {"file": "request", "message": "; ".join(said.errors)}}
    return {"decision": result.decision.name.lower(), "reason": sorted(said.reasons), "errors": len(said.errors)}


def verdicts(case):
    schema = None
    if "schema" in case:
        schema = read("schema", cedarpy.Schema.from_str, case["schema"])
    policies = read("policies", cedarpy.PolicySet.from_str, case["policies"])
    validates = is_valid(case["policies"], schema) if schema else None
    links = [
        {"template_id": link["template"], "new_id": link["id"], "values": link["values"]}
        for link in case.get("links", [])
    ]
    if links:
        policies = read("links", policies.with_linked_batch, links)
    entities = read("entities", cedarpy.Entities.from_json_str, text(case["entities"]), schema)
    requests = [case["request"]] if "request" in case else case.get("requests", [])
    if not requests:
        yield {"validates": validates}
    for position, request in enumerate(requests):
        yield {"request": position, "validates": validates} | ask(request, policies, entities, schema)


def main():
    for number, line in enumerate(sys.stdin.buffer, 1):
        case = json.loads(line)
        name = {"name": case.get("name", f"line {number}")}
        try:
            answers = list(verdicts(case))
        except Unreadable as error:
            answers = [{"parseError": error.fault()}]
        for verdict in answers:
            sys.stdout.buffer.write(json.dumps(name | verdict, ensure_ascii=False).encode() + b"\n")


if __name__ == "__main__":
    main()
