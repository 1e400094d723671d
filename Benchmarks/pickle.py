#!/usr/bin/env python3
"""Measures how many records a second Python's pickle (protocol 5) turns into bytes and back, each record on its own:
"name<TAB>rate" lines, with the records of codec-benchmark. One core, the best of some rounds.

usage: pickle.py [RECORDS]
"""
import sys
import time
from dataclasses import dataclass

# The folder of this program comes first there, and this program is called pickle too.
sys.path.pop(0)
import pickle  # noqa: E402


@dataclass(slots=True)
class SlottedRecord:
    id: int
    name: str
    score: float
    is_active: bool
    port: int


@dataclass
class Record:
    id: int
    name: str
    score: float
    is_active: bool
    port: int


count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
rows = [(n, f"service {n}", n / 7, n % 3 == 0, 1024 + n % 60_000) for n in range(count)]


def measure(name, records, body):
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        body(records)
        best = min(best, time.perf_counter() - start)
    print(f"{name}\t{int(count / best)}")


def encode(records):
    dumps = pickle.dumps
    for record in records:
        dumps(record, 5)


def decode(records):
    loads = pickle.loads
    for record in records:
        loads(record)


for name, make in [("dataclass", Record), ("slotted dataclass", SlottedRecord), ("tuple", lambda *row: row)]:
    records = [make(*row) for row in rows]
    encoded = [pickle.dumps(record, 5) for record in records]
    assert [pickle.loads(row) for row in encoded] == records
    measure(f"pickle {name} encode", records, encode)
    measure(f"pickle {name} decode", encoded, decode)
