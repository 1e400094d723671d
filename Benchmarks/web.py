"""What the web kind costs beside nginx and caddy, in requests for each second of processor time.

Every server is configured as its documentation advises and serves the same files on a core of its own; wrk or h2load asks from
another one. Round by round each server has its turn, so that what disturbs a round disturbs all of it.

Prints a name and a value in each line: CASE-SERVER requests per processor second, CASE-SERVER-p99 in ms, idle-SERVER the kB that
each of many idle connections adds, memory-SERVER the kB after everything.

usage: web.py TAPD FOLDER ROUNDS SECONDS SERVER-CORE CLIENT-CORE [CASE...]
"""

import os
import re
import resource
import socket
import subprocess
import sys
import time

import programs
from programs import free_port

TAPD, FOLDER, ROUNDS, SECONDS, SERVER_CORE, CLIENT_CORE = sys.argv[1:7]
IDLE = 10_000


def write(name, text):
    return programs.write(FOLDER, name, text)


def make_files():
    """Files that cannot be compressed, and a text that can; older than any server's doubt about files that just changed."""
    os.mkdir(os.path.join(FOLDER, "www"))
    sizes = {"0.bin": 0, "1k.bin": 1 << 10, "100k.bin": 100 << 10, "10m.bin": 10 << 20}
    contents = {name: os.urandom(size) for name, size in sizes.items()}
    contents["text.txt"] = b"".join(b"line %d of a text that compresses well enough\n" % n for n in range(180))
    for name, content in contents.items():
        path = os.path.join(FOLDER, "www", name)
        with open(path, "wb") as file:
            file.write(content)
        os.utime(path, (time.time() - 3600,) * 2)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", f"{FOLDER}/key.pem", "-out", f"{FOLDER}/certificate.pem"],
        check=True, stderr=subprocess.DEVNULL)


class Server(programs.Program):
    """A server that runs on one core until it is stopped."""

    def __init__(self, name, command, plain, secure, core=SERVER_CORE):
        self.plain, self.secure = plain, secure
        places = {word: FOLDER for word in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        super().__init__(name, command, FOLDER, plain, core, places)


def taproom(upstream):
    plain, secure = free_port(), free_port()
    write("web.yaml", f"""\
taproom: 1
name: web
services:
  - kind: web
    listen:
      - "tcp:{plain}:interface=127.0.0.1"
      - "tls:{secure}:interface=127.0.0.1:certificate={FOLDER}/certificate.pem:key={FOLDER}/key.pem"
    static: {FOLDER}/www
    routes: [{{path: /api, proxy: {{to: "http://127.0.0.1:{upstream}/", keepAlive: 64}}}}]
""")
    return Server("taproom", [TAPD, "-y", "web.yaml"], plain, secure)


# Started by root nginx would serve as somebody who can't enter the folder.
NGINX_USER = "user root;" if os.geteuid() == 0 else ""


def nginx_configuration(name, plain, secure, locations, more="", workers=1):
    return write(name, f"""\
{NGINX_USER} worker_processes {workers}; daemon off; pid {FOLDER}/{name}.pid; error_log {FOLDER}/{name}.log;
worker_rlimit_nofile 30000; events {{ worker_connections {IDLE + 512}; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; keepalive_timeout 600s;
    open_file_cache max=1000 inactive=60s; gzip on; gzip_types text/plain; types {{ text/plain txt; }}
    client_body_temp_path {FOLDER}/body; proxy_temp_path {FOLDER}/proxy; fastcgi_temp_path {FOLDER}/fastcgi;
    uwsgi_temp_path {FOLDER}/uwsgi; scgi_temp_path {FOLDER}/scgi;
    {more}
    server {{
        listen 127.0.0.1:{plain};
        {f"listen 127.0.0.1:{secure} ssl http2; ssl_certificate {FOLDER}/certificate.pem; ssl_certificate_key {FOLDER}/key.pem;" if secure else ""}
        root {FOLDER}/www;
        {locations}
    }}
}}
""")


def nginx(upstream):
    plain, secure = free_port(), free_port()
    path = nginx_configuration(
        "nginx.conf", plain, secure,
        'location /api/ { proxy_pass http://up/; proxy_http_version 1.1; proxy_set_header Connection ""; }',
        f"upstream up {{ server 127.0.0.1:{upstream}; keepalive 64; }}")
    return Server("nginx", ["/usr/sbin/nginx", "-c", path], plain, secure)


def caddy(upstream):
    plain, secure = free_port(), free_port()
    site = f"""\
    root * {FOLDER}/www
    encode zstd gzip
    handle_path /api/* {{
        reverse_proxy 127.0.0.1:{upstream}
    }}
    file_server
"""
    write("Caddyfile", f"""\
{{
    admin off
    auto_https off
    default_sni localhost
}}
http://127.0.0.1:{plain} {{
{site}}}
https://127.0.0.1:{secure} {{
    tls {FOLDER}/certificate.pem {FOLDER}/key.pem
{site}}}
""")
    return Server("caddy", ["caddy", "run", "--config", "Caddyfile"], plain, secure)


CASES = {
    # The tool, the path, fields of the request.
    "0": ("http", "/0.bin", []),
    "1k": ("http", "/1k.bin", []),
    "100k": ("http", "/100k.bin", []),
    "10m": ("http", "/10m.bin", []),
    "new": ("http", "/1k.bin", ["Connection: close"]),
    "gzip": ("http", "/text.txt", ["Accept-Encoding: gzip"]),
    "proxy": ("http", "/api/", []),
    "tls": ("https", "/1k.bin", []),
    "tls-new": ("https", "/1k.bin", ["Connection: close"]),
    "h2": ("h2", "/1k.bin", []),
}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def load(server, case):
    """Requests for each second of processor time, and how long the slowest of a hundred takes in ms."""
    tool, path, fields = CASES[case]
    if tool == "h2":
        words = ["h2load", "-D", SECONDS, "-c", "16", "-m", "8", f"https://127.0.0.1:{server.secure}{path}"]
    else:
        port = server.plain if tool == "http" else server.secure
        words = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "--latency", f"{tool}://127.0.0.1:{port}{path}"]
        for field in fields:
            words += ["-H", field]
    output, _, used = programs.measured(server, CLIENT_CORE, words)
    if tool == "h2":
        count = int(re.search(r"(\d+) succeeded", output).group(1))
        bad, p99 = re.search(r" ([1-9]\d*) failed", output), None
    else:
        count = int(re.search(r"(\d+) requests in", output).group(1))
        bad = re.search(r"Non-2xx.*", output)
        p99 = milliseconds(re.search(r"^\s*99%\s+(\S+)", output, re.MULTILINE).group(1))
    if bad or not count:
        sys.exit(f"{server.name}, {case}: {bad.group(0) if bad else 'nothing was answered'}")
    return count / used, p99


def asked_once(server):
    """A connection that has asked once and is kept; none when it was closed instead."""
    connection = socket.create_connection(("127.0.0.1", server.plain))
    # caddy has the site under this name only.
    connection.sendall(f"GET /1k.bin HTTP/1.1\r\nHost: 127.0.0.1:{server.plain}\r\n\r\n".encode())
    received = 0
    while received < 1024:
        part = connection.recv(65536)
        if not part:
            connection.close()
            return None
        received += len(part)
    return connection


def idle_memory(server):
    """The kB that each of many connections adds which have asked once and are kept."""
    before = server.memory()
    connections = [connection for connection in (asked_once(server) for _ in range(IDLE)) if connection]
    after = server.memory()
    for connection in connections:
        connection.close()
    if len(connections) < 0.9 * IDLE:
        sys.exit(f"{server.name} keeps only {len(connections)} of {IDLE} connections")
    return (after - before) / len(connections)


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 30_000), hard))
    make_files()
    upstream = free_port()
    path = nginx_configuration("upstream.conf", upstream, None, 'location / { return 200 "from behind\\n"; }')
    servers = [Server("upstream", ["/usr/sbin/nginx", "-c", path], upstream, None, CLIENT_CORE)]
    try:
        servers += [make(upstream) for make in (taproom, nginx, caddy)]
        for case in sys.argv[7:] or CASES:
            for _ in range(int(ROUNDS)):
                for server in servers[1:]:
                    rate, p99 = load(server, case)
                    print(f"{case}-{server.name}", rate)
                    if p99 is not None:
                        print(f"{case}-{server.name}-p99", p99, flush=True)
        for server in servers[1:]:
            print(f"memory-{server.name}", server.memory())
        for server in servers[1:]:
            print(f"idle-{server.name}", idle_memory(server), flush=True)
    finally:
        for server in servers:
            server.stop()


main()
