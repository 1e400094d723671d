"""What the kind socks costs beside microsocks and dante, for each second of processor time.

Each proxy runs on a core of its own; relays-load asks from another one, through the proxy, a server that answers there. Round by
round each proxy has its turn, so that what disturbs a round disturbs all of it.

Prints a name and a value in each line: CASE-PROXY, connections or bytes per processor second, and CASE-PROXY-rate, the same for
each second.

usage: socks.py TAPD RELAYS-LOAD FOLDER ROUNDS SECONDS SERVER-CORE CLIENT-CORE [CASE...]
"""

import os
import sys

from programs import Program, free_port, measured, write

TAPD, LOAD, FOLDER, ROUNDS, SECONDS, SERVER_CORE, CLIENT_CORE = sys.argv[1:8]
CASES = {"new": 16, "down": 4, "up": 4, "ping": 64}


def start():
    ports = [free_port() for _ in range(3)]
    tap = write(FOLDER, "socks.yaml", f"""taproom: 1
services:
  - {{kind: socks, listen: "tcp:{ports[0]}:interface=127.0.0.1"}}
""")
    dante = write(FOLDER, "danted.conf", f"""logoutput: /dev/null
internal: 127.0.0.1 port = {ports[2]}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
""")
    commands = {
        "taproom": [TAPD, "-y", tap, "--tap", os.path.join(FOLDER, "socks.tap")],
        "microsocks": ["microsocks", "-i", "127.0.0.1", "-p", str(ports[1])],
        "dante": ["danted", "-f", dante],
    }
    for (name, command), port in zip(commands.items(), ports):
        yield Program(name, command, FOLDER, port, SERVER_CORE)


def main():
    target = free_port()
    running = [Program("server", [LOAD, "serve", str(target)], FOLDER, target, CLIENT_CORE)]
    try:
        for proxy in start():
            running.append(proxy)
        for _ in range(int(ROUNDS)):
            for case in sys.argv[8:] or CASES:
                for proxy in running[1:]:
                    words = [LOAD, case, str(proxy.address), SECONDS, str(CASES[case]), str(target)]
                    output, elapsed, used = measured(proxy, CLIENT_CORE, words)
                    print(f"{case}-{proxy.name} {int(output) / used:.1f}")
                    print(f"{case}-{proxy.name}-rate {int(output) / elapsed:.1f}", flush=True)
    finally:
        for program in running:
            program.stop()


main()
