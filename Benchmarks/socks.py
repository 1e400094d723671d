"""What the kind socks costs beside microsocks and dante, for each second of processor time.

Each proxy runs on a core of its own; relays-load asks from another one, through the proxy, a server that answers there. Round by
round each proxy has its turn, so that what disturbs a round disturbs all of it.

Prints a name and a value in each line: CASE-PROXY, connections or bytes per processor second, and CASE-PROXY-rate, the same for
each second.

usage: socks.py TAPD RELAYS-LOAD FOLDER ROUNDS SECONDS SERVER-CORE CLIENT-CORE
"""

import os
import signal
import socket
import subprocess
import sys
import time

TAPD, LOAD, FOLDER, ROUNDS, SECONDS, SERVER_CORE, CLIENT_CORE = sys.argv[1:8]
CASES = {"new": 16, "down": 4, "up": 4, "ping": 64}


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
    sys.exit(f"{name} does not answer; its log is {FOLDER}/{name}.log")


def figures(process):
    """Parent, and ticks of a process with those of its children that have ended."""
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[1]), sum(map(int, fields[11:15]))


class Proxy:
    """A proxy that runs on one core until it is stopped."""

    def __init__(self, name, port, command):
        self.name, self.port = name, port
        self.log = open(os.path.join(FOLDER, f"{name}.log"), "w")
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *command], cwd=FOLDER, stdout=self.log, stderr=self.log)
        wait_for(port, name)

    def processor_seconds(self):
        known, ticks = {self.process.pid}, 0
        found = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                found[int(entry)] = figures(entry)
            except OSError:
                pass
        for process in sorted(found):
            parent, used = found[process]
            if process in known or parent in known:
                known.add(process)
                ticks += used
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start():
    ports = [free_port() for _ in range(3)]
    tap = write("socks.yaml", f"""taproom: 1
services:
  - {{kind: socks, listen: "tcp:{ports[0]}:interface=127.0.0.1"}}
""")
    dante = write("danted.conf", f"""logoutput: /dev/null
internal: 127.0.0.1 port = {ports[2]}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
""")
    return [
        Proxy("taproom", ports[0], [TAPD, "-y", tap, "--tap", os.path.join(FOLDER, "socks.tap")]),
        Proxy("microsocks", ports[1], ["microsocks", "-i", "127.0.0.1", "-p", str(ports[1])]),
        Proxy("dante", ports[2], ["danted", "-f", dante]),
    ]


def main():
    target = free_port()
    server = subprocess.Popen(["taskset", "-c", CLIENT_CORE, LOAD, "serve", str(target)])
    proxies = []
    try:
        wait_for(target, "server")
        proxies = start()
        for _ in range(int(ROUNDS)):
            for case, clients in CASES.items():
                for proxy in proxies:
                    before = proxy.processor_seconds()
                    done = int(subprocess.run(
                        ["taskset", "-c", CLIENT_CORE, LOAD, case, str(proxy.port), SECONDS, str(clients), str(target)],
                        check=True, capture_output=True, text=True).stdout)
                    used = max(proxy.processor_seconds() - before, 0.01)
                    print(f"{case}-{proxy.name} {done / used:.1f}")
                    print(f"{case}-{proxy.name}-rate {done / float(SECONDS):.1f}", flush=True)
    finally:
        for proxy in proxies:
            proxy.stop()
        server.kill()
        server.wait()


main()
