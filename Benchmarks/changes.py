"""Measures what a change of a running application costs, and what its clients notice of it, beside caddy and nginx.

usage: changes.py PROGRAMS FOLDER CHANGES   (a release build, an empty folder, how many changes a measurement has)

Prints samples, a line each: NAME VALUE. Benchmarks/changes.sh makes a table of them.
"""
import json, os, re, signal, socket, subprocess, sys, threading, time

from programs import free_port, kilobytes, wait_for

programs, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.makedirs(folder + "/www", exist_ok=True)
os.makedirs(folder + "/other", exist_ok=True)
for name in ("www", "other"):
    open(f"{folder}/{name}/index.html", "w").write("hello\n")


def sample(name, value):
    print(name, round(value, 4), flush=True)


class Client:
    """One connection to an HTTP API: caddy closes it after each change, so each change has one of its own, here and there."""

    def __init__(self, address):
        kind = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(kind)
        self.socket.connect(address)
        if kind == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.host = "localhost" if isinstance(address, str) else f"{address[0]}:{address[1]}"

    def ask(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        self.socket.sendall((head + f"Content-Length: {len(data)}\r\n\r\n").encode() + data)
        status = self.file.readline().split()[1]
        length = 0
        while line := self.file.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answer = self.file.read(length)
        assert status.startswith(b"2"), (method, path, status, answer[:500])


def milliseconds(body):
    start = time.perf_counter()
    body()
    return (time.perf_counter() - start) * 1000


def percentiles(name, times):
    times.sort()
    sample(name + "-p50", times[len(times) // 2])
    sample(name + "-p99", times[min(int(len(times) * 0.99), len(times) - 1)])


class Taproom:
    def __init__(self, services, listen):
        self.folder = f"{folder}/tap{services}"
        os.makedirs(self.folder, exist_ok=True)
        self.description = f"{self.folder}/site.yaml"
        with open(self.description, "w") as file:
            file.write("taproom: 1\nname: site\nservices:\n")
            for number in range(services):
                file.write(f"  - {{name: s{number}, kind: web, static: {folder}/www, listen: {listen(number)}}}\n")
        self.tap = f"{self.folder}/site.tap"
        subprocess.run([programs + "/mktap", "--from", self.description, "-o", self.tap], check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen([programs + "/tapd", "-f", self.tap], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert " serving " in line, line
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.socket = f"{self.folder}/site.sock"

    def change(self, number, settings):
        Client(self.socket).ask("PATCH", f"/v1/services/s{number}", settings)

    def megabytes(self):
        return kilobytes(self.process.pid, "status", "VmRSS") / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Caddy:
    def __init__(self, routes):
        self.admin, self.port = free_port(), free_port()

        def route(number):
            return {
                "match": [{"path": [f"/s{number}/*"]}],
                "handle": [{"handler": "file_server", "root": folder + "/www"}],
            }

        server = {"listen": [f"127.0.0.1:{self.port}"], "automatic_https": {"disable": True}}
        server["routes"] = [route(number) for number in range(routes)]
        server["routes"].append({"handle": [{"handler": "file_server", "root": folder + "/www"}]})
        config = {"admin": {"listen": f"127.0.0.1:{self.admin}"}, "apps": {"http": {"servers": {"s": server}}}}
        file = f"{folder}/caddy{routes}.json"
        json.dump(config, open(file, "w"))
        places = dict(os.environ, XDG_DATA_HOME=folder, XDG_CONFIG_HOME=folder, HOME=folder)
        self.process = subprocess.Popen(
            ["caddy", "run", "--config", file], env=places, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.admin, "caddy", self.process)

    def change(self, number, root):
        Client(("127.0.0.1", self.admin)).ask("PATCH", f"/config/apps/http/servers/s/routes/{number}/handle/0/root", root)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Nginx:
    def __init__(self):
        self.port = free_port()
        self.file = f"{folder}/nginx.conf"
        self.write("www")
        self.process = subprocess.Popen(["nginx", "-c", self.file, "-e", f"{folder}/nginx.error"])
        wait_for(self.port, "nginx", self.process)

    def write(self, root):
        temporary = " ".join(
            f"{kind}_temp_path {folder}/nginx.{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        open(self.file, "w").write(
            f"daemon off; {user} worker_processes 2; pid {folder}/nginx.pid; events {{ worker_connections 1024; }}\n"
            f"http {{ access_log off; {temporary}\n"
            f"server {{ listen 127.0.0.1:{self.port}; root {folder}/{root}; }} }}\n")

    def change(self, root):
        self.write(root)
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Load:
    """Requests by wrk, and how many of them failed."""

    def __init__(self, port, isNew):
        headers = ["-H", "Connection: close"] if isNew else []
        self.process = subprocess.Popen(
            ["wrk", "-t1", "-c8", "-d600s"] + headers + [f"http://127.0.0.1:{port}/"], stdout=subprocess.PIPE, text=True)

    def end(self, name):
        self.process.send_signal(signal.SIGINT)
        text = self.process.communicate()[0]
        failed = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text)))
        failed += sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
        sample(name + "-requests", int(re.search(r"(\d+) requests in", text).group(1)))
        sample(name + "-failed", failed)


def costs():
    # Ten thousand with sockets would need more files than a process can have everywhere.
    many = {1000: Taproom(1000, lambda number: f'"unix:{folder}/{number}.sock"'), 10000: Taproom(10000, lambda number: "[]")}
    caddy = Caddy(1000)
    times = {name: [] for name in ("live-1000", "live-10000", "restart-1000", "caddy-1000")}
    for number in range(count):
        listing = {"listing": number % 2 == 0, "index": f"page{number}.html"}
        for services in many:
            name = f"live-{services}"
            times[name].append(milliseconds(lambda: many[services].change(number * 7 % services, listing)))
        limits = {"limits": {"connections": 1000 + number}}
        times["restart-1000"].append(milliseconds(lambda: many[1000].change(number * 3 % 1000, limits)))
        if number < max(count // 10, 5):
            root = folder + ("/other" if number % 2 == 0 else "/www")
            times["caddy-1000"].append(milliseconds(lambda: caddy.change(number, root)))
    for name, values in times.items():
        percentiles(name, values)
    plan = {"edits": [{"set": f"s{number}.listing", "value": True} for number in range(0, 10000, 100)]}
    percentiles("plan-10000", [milliseconds(lambda: Client(many[10000].socket).ask("POST", "/v1/plan", plan)) for _ in range(9)])
    text = open(many[10000].description).read()
    changed = {"description": {"text": text.replace("s77,", "s77, dotfiles: true,"), "file": many[10000].description}}
    percentiles("plan-file-10000", [milliseconds(lambda: Client(many[10000].socket).ask("POST", "/v1/plan", changed)) for _ in range(5)])
    sample("memory-1000", many[1000].megabytes())
    caddy.stop()
    for taproom in many.values():
        taproom.stop()


def noticed():
    ports = [free_port(), free_port()]
    taproom = Taproom(2, lambda number: f'"tcp:{ports[number]}:interface=127.0.0.1"')
    loads = {"neighbour": Load(ports[1], False), "changed": Load(ports[0], True)}
    for number in range(count):
        # By turns live, and with another service in the place of the one before.
        if number % 2 == 0:
            taproom.change(0, {"static": folder + ("/other" if number % 4 == 0 else "/www")})
        else:
            taproom.change(0, {"limits": {"connections": 1000 + number}})
    for name, load in loads.items():
        load.end(name)
    taproom.stop()
    caddy, nginx = Caddy(0), Nginx()
    for name, server, port in (("caddy", caddy, caddy.port), ("nginx", nginx, nginx.port)):
        load = Load(port, True)
        for number in range(count // 10):
            root = "other" if number % 2 == 0 else "www"
            server.change(*([0, f"{folder}/{root}"] if name == "caddy" else [root]))
            time.sleep(0.05)
        load.end(name)
        server.stop()


costs()
noticed()
