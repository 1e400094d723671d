#!/usr/bin/env python3
"""Measures what watching programs costs: memory and threads for many of them, and how soon a crashed one is back.

    Benchmarks/procmon.py [folder of the programs] [number of programs]

Prints a table. Everything runs in a folder of its own and ends with it.
"""
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.stdout.reconfigure(line_buffering=True)
programs = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ".build/release")
count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000


def field(process, file, name):
    for line in open(f"/proc/{process}/{file}"):
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def program(process):
    try:
        return os.readlink(f"/proc/{process}/exe")
    except OSError:
        return ""


def children(process):
    found = []
    for task in os.listdir(f"/proc/{process}/task"):
        try:
            found += open(f"/proc/{process}/task/{task}/children").read().split()
        except OSError:
            pass
    return [int(child) for child in found if program(child).endswith("/sleep")]


def run(folder, services):
    text = "taproom: 1\nname: bench\nservices:\n"
    for index in range(services):
        text += f"- {{name: p{index}, kind: procmon, command: [sleep, '100000'], threshold: 1h, minimumDelay: 100ms, maximumDelay: 100ms}}\n"
    with open(f"{folder}/bench.yaml", "w") as file:
        file.write(text)
    tap = f"{folder}/bench-{services}.tap"
    subprocess.run([f"{programs}/mktap", "--from", f"{folder}/bench.yaml", "-o", tap], check=True, stdout=subprocess.DEVNULL)
    begin = time.monotonic()
    server = subprocess.Popen([f"{programs}/tapd", "-f", tap, "-l", f"{folder}/log"])
    while services and len(children(server.pid)) < services:
        if time.monotonic() - begin > 120:
            server.kill()
            sys.exit("the programs do not run: " + open(f"{folder}/log").read()[-2000:])
        if server.poll() is not None:
            sys.exit("tapd has ended: " + open(f"{folder}/log").read()[-2000:])
        time.sleep(0.05)
    if not services:
        while not os.path.exists(f"{folder}/log") or "serving" not in open(f"{folder}/log").read():
            time.sleep(0.01)
    return server, time.monotonic() - begin


def end(server):
    begin = time.monotonic()
    server.send_signal(signal.SIGTERM)
    server.wait()
    return time.monotonic() - begin


def figures(server):
    return (
        field(server.pid, "status", "VmRSS") / 1024,
        field(server.pid, "smaps_rollup", "Pss") / 1024,
        field(server.pid, "status", "Threads"),
        len(os.listdir(f"/proc/{server.pid}/fd")),
    )


def restarts(server, rounds=50):
    late = []
    for _ in range(rounds):
        before = set(children(server.pid))
        victim = next(iter(before))
        begin = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        while not set(children(server.pid)) - before:
            pass
        late.append((time.monotonic() - begin) * 1000 - 100)
    return late


with tempfile.TemporaryDirectory() as folder:
    server, _ = run(folder, 0)
    time.sleep(1)
    empty = figures(server)
    end(server)
    os.remove(f"{folder}/log")
    server, _ = run(folder, 1)
    late = restarts(server)
    end(server)
    server, began = run(folder, count)
    time.sleep(2)
    full = figures(server)
    ended = end(server)

print(f"{'programs':>10} {'RSS MB':>8} {'PSS MB':>8} {'threads':>8} {'files':>8}")
for number, values in ((0, empty), (count, full)):
    print(f"{number:>10} {values[0]:>8.1f} {values[1]:>8.1f} {values[2]:>8} {values[3]:>8}")
print(f"more for {count} programs: {full[0] - empty[0]:.1f} MB, {(full[0] - empty[0]) * 1024 / count:.1f} kB each")
print(f"{count} programs run {began:.2f} s after tapd began, and have ended {ended:.2f} s after SIGTERM")
print(f"restart after a crash, beyond the minimum delay of 100 ms: median {statistics.median(late):.1f} ms, worst of {len(late)} {max(late):.1f} ms")
