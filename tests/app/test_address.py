"""What `make app` and the README's plain command serve: this machine only, by its own names.

Streamlit holds names at the socket over which every run of a page goes; the files of its own front
end, which say nothing of anybody, it gives to any.
"""

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Every process of the server notes what it asks for, and where it listens and connects to.
NOTE_CONNECTIONS = """
import json, os, sys

def note(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        target = arguments[0]
    elif event in ("socket.bind", "socket.connect", "socket.sendto"):
        target = arguments[1][0] if isinstance(arguments[1], tuple) else "localhost"
    else:
        return
    with open(os.environ["CONNECTIONS"], "a") as out:
        print(json.dumps([event, str(target)]), file=out)

sys.addaudithook(note)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(port: int, request: str, address: str = "127.0.0.1") -> int:
    """The status that the server answers a request with."""
    with socket.create_connection((address, port), timeout=20) as connection:
        connection.sendall(request.encode())
        return int(re.match(rb"HTTP/1\.1 (\d{3})", connection.recv(4096))[1])  # type: ignore[index]


def handshake(host: str) -> str:
    """The request that opens a session of the app, as a browser sends it to a name."""
    key = base64.b64encode(bytes(16)).decode()
    return (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: streamlit\r\n\r\n"
    )


def other_addresses() -> list[str]:
    """This machine's own addresses on its networks; connecting a datagram socket sends nothing."""
    found = []
    for family, outside in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((outside, 9))
            found.append(probe.getsockname()[0])
    return [address for address in found if address not in ("127.0.0.1", "::1")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The port of an app started with what `make app` runs, and where its connections are noted."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    folder, port = tmp_path_factory.mktemp("address"), free_port()
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    planned = subprocess.run(
        [make, "--dry-run", "app", f"PORT={port}"],
        cwd=ROOT, env=alone, capture_output=True, text=True,
    )  # fmt: skip
    command = planned.stdout.splitlines()[-1].split()
    assert command[0].endswith("/streamlit"), planned
    connections = folder / "connections.jsonl"
    connections.touch()
    (folder / "sitecustomize.py").write_text(NOTE_CONNECTIONS)
    environment = {
        **os.environ,
        "HEARMAP_HOME": str(folder / "home"),
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "CONNECTIONS": str(connections),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", *command[1:]],
            cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if answer(port, "GET /_stcore/health HTTP/1.1\r\nHost: localhost\r\n\r\n") == 200:
                    break
            assert process.poll() is None and time.monotonic() < deadline, (
                folder / "log"
            ).read_text()
            time.sleep(0.2)
        yield port, connections
    finally:
        process.terminate()
        process.wait(20)


def test_this_machine_is_served_at_its_own_names(served: tuple[int, Path]) -> None:
    port, _ = served
    for name in ("localhost", f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert answer(port, f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n") == 200
        assert answer(port, handshake(name)) == 101, name


def test_no_other_machine_is_served(served: tuple[int, Path]) -> None:
    port, _ = served
    addresses = other_addresses()
    if not addresses:
        pytest.skip("this machine is in no network")
    for address in addresses:
        with pytest.raises(ConnectionRefusedError):
            answer(port, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", address)


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "192.0.2.1"])
def test_no_session_opens_under_a_name_that_is_not_this_machines(
    name: str, served: tuple[int, Path]
) -> None:
    port, _ = served
    assert answer(port, handshake(f"{name}:{port}")) == 403


def test_nothing_outside_is_asked_for_or_connected_to(served: tuple[int, Path]) -> None:
    port, connections = served
    answer(port, handshake(f"localhost:{port}"))
    noted = [json.loads(line) for line in connections.read_text().splitlines()]
    outside = [found for found in noted if found[1] not in ("localhost", "127.0.0.1", "::1")]
    assert not outside
    assert ["socket.bind", "localhost"] in noted  # so connections are noted indeed
