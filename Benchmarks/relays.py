"""What the kind portforward costs beside haproxy and socat.

Each relay runs on a core of its own between clients and a server that share another one (Benchmarks/relays-load.c). Round by
round each has its turn, so that what disturbs a round disturbs all of it.

Prints a name and a value in each line: CASE-RELAY what was done in a second, CASE-RELAY-cpu what was done in a second of the
relay's processor time.

usage: relays.py TAPD LOAD FOLDER ROUNDS SECONDS SERVER-CORE CLIENT-CORE [CASE...]
"""

import os
import signal
import socket
import subprocess
import sys
import time

TAPD, LOAD, FOLDER, ROUNDS, SECONDS, SERVER_CORE, CLIENT_CORE = sys.argv[1:8]
# Words for the load program, by case: new connections, questions on those that are open, and bytes.
CASES = {"new": ("new", 32), "ping": ("ping", 32), "down": ("down", 1), "up": ("up", 1), "many": ("down", 32)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(name, text):
    path = os.path.join(FOLDER, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def wait_for(port, name):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{name} does not answer")


def stat(process):
    """Processor ticks of a process, and of those of its children that it has waited for."""
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[1]), sum(map(int, fields[11:15]))


class Relay:
    """A relay on one core, with its children."""

    def __init__(self, name, command, port):
        self.name, self.port = name, port
        self.log = open(os.path.join(FOLDER, f"{name}.log"), "w")
        self.process = subprocess.Popen(["taskset", "-c", SERVER_CORE, *command], cwd=FOLDER, stdout=self.log, stderr=self.log)
        wait_for(port, name)

    def processor_seconds(self):
        ticks = 0
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                parent, used = stat(entry)
            except OSError:
                continue
            if self.process.pid in (int(entry), parent):
                ticks += used
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def taproom(target):
    port = free_port()
    write("relay.yaml", f"""\
taproom: 1
name: relay
services:
  - kind: portforward
    listen: "tcp:{port}:interface=127.0.0.1"
    to: "tcp:127.0.0.1:{target}"
""")
    return Relay("taproom", [TAPD, "-y", "relay.yaml"], port)


def haproxy(target):
    port = free_port()
    path = write("haproxy.cfg", f"""\
global
    nbthread 1
    maxconn 4000
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen relay
    bind 127.0.0.1:{port}
    server target 127.0.0.1:{target}
""")
    return Relay("haproxy", ["/usr/sbin/haproxy", "-db", "-f", path], port)


def socat(target):
    port = free_port()
    words = ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,backlog=4096,nodelay", f"TCP:127.0.0.1:{target},nodelay"]
    return Relay("socat", words, port)


def main():
    target = free_port()
    server = subprocess.Popen(["taskset", "-c", CLIENT_CORE, LOAD, "serve", str(target)])
    relays = []
    try:
        wait_for(target, "the server")
        for make in (taproom, haproxy, socat):
            relays.append(make(target))
        for case in sys.argv[8:] or CASES:
            task, clients = CASES[case]
            for _ in range(int(ROUNDS)):
                for relay in relays:
                    before = relay.processor_seconds()
                    start = time.monotonic()
                    words = ["taskset", "-c", CLIENT_CORE, LOAD, task, str(relay.port), SECONDS, str(clients)]
                    done = int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
                    elapsed = time.monotonic() - start
                    used = relay.processor_seconds() - before
                    print(f"{case}-{relay.name} {done / elapsed:.0f}")
                    print(f"{case}-{relay.name}-cpu {done / max(used, 0.01):.0f}", flush=True)
    finally:
        for relay in relays:
            relay.stop()
        server.kill()


main()
