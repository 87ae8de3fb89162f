"""The web server's settings, tried on the server itself."""

import subprocess
import sys
import urllib.request

from hpms.embedded.places import ROOT
from tests.house import free_port, wait_for_answer

TELLS = "tests.setup.frozen:application"


def test_workers_share_what_was_loaded_and_do_not_search_it_for_garbage() -> None:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", TELLS, "-c", "python:hpms.gunicorn", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for_answer(port, lambda: server.poll() is None)
        told = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
        assert int(told) > 10_000, "the objects of a few modules at least"
    finally:
        server.terminate()
        server.wait(30)
