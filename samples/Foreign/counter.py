#!/usr/bin/env python3
"""Gives each client a number that no client has had before, also after kill -9."""
import json, os, selectors, socket

control = socket.socket(fileno=int(os.environ["TAPROOM_CONTROL_FD"]))
received = bytearray()


def say(message):
    control.sendall(json.dumps(message).encode() + b"\n")


def hear():
    """The messages that came, at least one."""
    while b"\n" not in received:
        received.extend(control.recv(65536) or b'{"stop": true}\n')
    *lines, rest = bytes(received).split(b"\n")
    received[:] = rest
    return [json.loads(line) for line in lines]


[hello] = [message["hello"] for message in hear()]
settings, prepared, waiting = hello["settings"], {}, []
selector = selectors.DefaultSelector()
selector.register(control, selectors.EVENT_READ)
for listener in hello["listeners"]:
    selector.register(socket.socket(fileno=listener["fd"]), selectors.EVENT_READ)
say({"ready": True})
print("counting on from", hello["state"]["number"], flush=True)


def take(message):
    global settings
    if "reconfigure" in message:
        number = message["reconfigure"]
        prepared[number] = message["settings"]
        is_one_line = "\n" not in message["settings"]["greeting"]
        say({"answer": number} if is_one_line else {"answer": number, "refuse": "the greeting must be one line"})
    elif "commit" in message:
        settings = prepared.pop(message["commit"])
    elif "stop" in message:
        raise SystemExit(0)
    elif message.get("id") == "number":
        # The number is on disk: nobody gets it again.
        client = waiting.pop(0)
        client.sendall(f"{settings['greeting']} {message['values'][0]}\n".encode())
        client.close()


while True:
    for key, _ in selector.select():
        if key.fileobj is control:
            for message in hear():
                take(message)
        else:
            client, (address, *_) = key.fileobj.accept()
            waiting.append(client)
            say({"id": "number", "change": [{"cell": "number", "add": settings["step"]}]})
            say({"id": "visit", "change": [{"table": "visits", "key": address, "add": 1}]})
            say({"metric": "clients", "add": 1})
