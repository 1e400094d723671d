"""What the kind portforward costs beside haproxy and socat.

Each relay runs on a core of its own between clients and a server that share another one: Benchmarks/relays-load.c, and where
clients speak TLS wrk and nginx. Round by round each has its turn, so that what disturbs a round disturbs all of it.

Prints a name and a value in each line: CASE-RELAY what was done in a second, CASE-RELAY-cpu what was done in a second of the
relay's processor time.

usage: relays.py TAPD LOAD FOLDER ROUNDS SECONDS SERVER-CORE CLIENT-CORE [CASE...]
"""

import os
import re
import subprocess
import sys

import programs
from programs import Program, free_port, measured

TAPD, LOAD, FOLDER, ROUNDS, SECONDS, SERVER_CORE, CLIENT_CORE = sys.argv[1:8]
# By case: what the load program does, for how many clients, and where they knock. New connections, questions on those that are
# open, and bytes; haproxy-copying is haproxy without splice(2).
CASES = {
    "new": ("new", 32, "tcp"), "ping": ("ping", 32, "tcp"), "down": ("down", 1, "tcp"), "up": ("up", 1, "tcp"),
    "many": ("down", 32, "tcp"), "unix-new": ("new", 32, "unix"), "unix-ping": ("ping", 32, "unix"),
    "unix-down": ("down", 1, "unix"), "tls-new": ("/question", 32, "tls"), "tls-ping": ("/question", 32, "tls"),
    "tls-down": ("/bytes", 1, "tls"), "udp-ping": ("udp", 32, "udp"),
}


def write(name, text):
    return programs.write(FOLDER, name, text)


class Doors:
    """Where a relay listens."""

    def __init__(self, name):
        self.tcp, self.tls, self.udp = free_port(), free_port(), free_port()
        self.unix = os.path.join(FOLDER, f"{name}.sock")


class Relay(Program):
    """A relay on a core of its own, which serves some of the cases."""

    def __init__(self, name, doors, command, cases=CASES, address=None):
        self.doors, self.cases = doors, cases
        super().__init__(name, command, FOLDER, address or doors.tcp, SERVER_CORE)


def taproom(target):
    doors = Doors("taproom")
    write("relay.yaml", f"""\
taproom: 1
name: relay
services:
  - kind: portforward
    name: plain
    listen: "tcp:{doors.tcp}:interface=127.0.0.1"
    to: "tcp:127.0.0.1:{target.tcp}"
  - kind: portforward
    name: unix
    listen: "unix:{doors.unix}"
    to: "unix:{target.unix}"
  - kind: portforward
    name: tls
    listen: "tls:{doors.tls}:interface=127.0.0.1:certificate={FOLDER}/certificate.pem:key={FOLDER}/key.pem"
    to: "tcp:127.0.0.1:{target.tls}"
  - kind: portforward
    name: datagrams
    listen: "udp:{doors.udp}:interface=127.0.0.1"
    to: "udp:127.0.0.1:{target.tcp}"
""")
    yield Relay("taproom", doors, [TAPD, "-y", "relay.yaml"])


def haproxy(target):
    """As its documentation advises where bytes are only passed on (option splice-auto), and once more as it comes."""
    for name, option in (("haproxy", "option splice-auto"), ("haproxy-copying", "")):
        doors = Doors(name)
        path = write(f"{name}.cfg", f"""\
global
    nbthread 1
    maxconn 4000
defaults
    mode tcp
    {option}
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen plain
    bind 127.0.0.1:{doors.tcp}
    server target 127.0.0.1:{target.tcp}
listen unix
    bind unix@{doors.unix}
    server target unix@{target.unix}
listen tls
    bind 127.0.0.1:{doors.tls} ssl crt {FOLDER}/both.pem
    server target 127.0.0.1:{target.tls}
""")
        cases = {"down", "up", "many"} if name == "haproxy-copying" else set(CASES) - {"udp-ping"}
        yield Relay(name, doors, ["/usr/sbin/haproxy", "-db", "-f", path], cases)


def socat(target):
    """One for each way in; it starts a process for each connection."""
    doors = Doors("socat")
    options = "bind=127.0.0.1,reuseaddr,fork"
    yield Relay(
        "socat", doors,
        ["socat", f"TCP-LISTEN:{doors.tcp},{options},backlog=4096,nodelay", f"TCP:127.0.0.1:{target.tcp},nodelay"],
        {"new", "ping", "down", "up", "many"})
    yield Relay(
        "socat", doors, ["socat", f"UNIX-LISTEN:{doors.unix},fork,backlog=4096", f"UNIX-CONNECT:{target.unix}"],
        {"unix-new", "unix-ping", "unix-down"}, doors.unix)
    # Nothing tells that it takes datagrams; it does long before its turn comes.
    datagrams = ["socat", "-T2", f"UDP-LISTEN:{doors.udp},{options}", f"UDP:127.0.0.1:{target.tcp}"]
    yield Relay("socat", doors, datagrams, {"udp-ping"}, target.tcp)


def certificate():
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=FOLDER, check=True, stderr=subprocess.DEVNULL)
    with open(f"{FOLDER}/certificate.pem") as chain, open(f"{FOLDER}/key.pem") as key:
        write("both.pem", chain.read() + key.read())


def targets(target):
    """The servers behind the relays: one for connections and datagrams, one on a unix socket, and nginx."""
    yield Program("server", [LOAD, "serve", str(target.tcp)], FOLDER, target.tcp, CLIENT_CORE)
    yield Program("unix-server", [LOAD, "serve", target.unix], FOLDER, target.unix, CLIENT_CORE)
    write("bytes", "b" * (10 << 20))
    path = write("nginx.conf", f"""\
daemon off; pid {FOLDER}/nginx.pid; error_log {FOLDER}/nginx.log; {"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; keepalive_requests 100000000;
    client_body_temp_path {FOLDER}/body; proxy_temp_path {FOLDER}/proxy; fastcgi_temp_path {FOLDER}/fastcgi;
    uwsgi_temp_path {FOLDER}/uwsgi; scgi_temp_path {FOLDER}/scgi;
    server {{
        listen 127.0.0.1:{target.tls}; root {FOLDER};
        location /question {{ return 200 "{"a" * 100}"; }}
    }}
}}
""")
    yield Program("nginx", ["/usr/sbin/nginx", "-c", path], FOLDER, target.tls, CLIENT_CORE)


def load(relay, case):
    """What was done, in how much time, and in how much time of the relay's processor."""
    task, clients, way = CASES[case]
    door = getattr(relay.doors, way)
    if way != "tls":
        output, elapsed, used = measured(relay, CLIENT_CORE, [LOAD, task, str(door), SECONDS, str(clients)])
        return int(output), elapsed, used
    words = ["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", f"https://127.0.0.1:{door}{task}"]
    if case == "tls-new":
        words += ["-H", "Connection: close"]
    output, elapsed, used = measured(relay, CLIENT_CORE, words)
    bad = re.search(r"Non-2xx.*", output)
    if bad:
        sys.exit(f"{relay.name}, {case}: {bad.group(0)}")
    done = int(re.search(r"(\d+) requests in", output).group(1))
    return done * (10 << 20) if case == "tls-down" else done, elapsed, used


def main():
    certificate()
    target = Doors("target")
    servers, relays = [], []
    try:
        for server in targets(target):
            servers.append(server)
        for make in (taproom, haproxy, socat):
            for relay in make(target):
                relays.append(relay)
        for case in sys.argv[8:] or CASES:
            for _ in range(int(ROUNDS)):
                for relay in relays:
                    if case not in relay.cases:
                        continue
                    done, elapsed, used = load(relay, case)
                    print(f"{case}-{relay.name} {done / elapsed:.0f}")
                    print(f"{case}-{relay.name}-cpu {done / used:.0f}", flush=True)
    finally:
        for program in relays + servers:
            program.stop()


main()
