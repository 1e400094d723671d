"""What the measuring programs beside this share: programs that run on a core until they are stopped, and what they use."""

import os
import re
import signal
import socket
import subprocess
import sys
import time


def free_port():
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(folder, name, text):
    """Writes a file, and answers its path."""
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def answers(address):
    """Whether somebody takes a connection: to a TCP port of this machine, or a unix socket."""
    kind = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(kind) as probe:
        try:
            probe.connect(address if isinstance(address, str) else ("127.0.0.1", address))
            return True
        except OSError:
            return False


def wait_for(address, name, process=None):
    """Waits until somebody takes a connection; ends the measurement when nobody does, or the process has ended."""
    for _ in range(400):
        if answers(address):
            return
        if process and process.poll() is not None:
            sys.exit(f"{name} has ended with {process.returncode}")
        time.sleep(0.025)
    sys.exit(f"{name} does not answer")


def stat(process):
    """The parent of a process, and the processor ticks that it and those of its children have used that it has waited for."""
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[1]), sum(map(int, fields[11:15]))


def kilobytes(process, file, name):
    """A figure of a file in /proc."""
    with open(f"/proc/{process}/{file}") as text:
        found = re.search(rf"^{name}:\s+(\d+)", text.read(), re.MULTILINE)
    return int(found.group(1)) if found else 0


class Program:
    """A program that runs, with those that it starts, until it is stopped; on one core when one is named."""

    def __init__(self, name, command, folder, address=None, core=None, environment=None):
        self.name, self.address = name, address
        self.log = open(os.path.join(folder, f"{name}.log"), "w")
        words = ["taskset", "-c", core, *command] if core else command
        self.process = subprocess.Popen(
            words, cwd=folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, **(environment or {})})
        try:
            if address is not None:
                wait_for(address, f"{name}, whose log is {self.log.name},", self.process)
        except BaseException:
            self.stop()
            raise

    @property
    def processes(self):
        """The program and those that have come from it, as they are now."""
        parents = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                parents[int(entry)] = stat(entry)[0]
            except OSError:
                pass
        found = [self.process.pid]
        for process in found:
            found += [child for child, parent in parents.items() if parent == process]
        return found

    def processor_seconds(self):
        """What all of them have used so far."""
        ticks = 0
        for process in self.processes:
            try:
                ticks += stat(process)[1]
            except OSError:
                pass
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self, file="status", name="VmRSS"):
        """A figure of the memory of all of them, in kB: what is resident, unless another one is named."""
        return sum(kilobytes(process, file, name) for process in self.processes)

    def stop(self, seconds=20):
        """Asks it to end, and waits for that; answers how long it took."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        return time.monotonic() - start


def measured(program, core, words):
    """Has a load program ask, and answers what it has printed, how long it took, and what the other one has used of a processor."""
    before, start = program.processor_seconds(), time.monotonic()
    output = subprocess.run(["taskset", "-c", core, *words], check=True, capture_output=True, text=True).stdout
    elapsed = time.monotonic() - start
    return output, elapsed, max(program.processor_seconds() - before, 0.01)
