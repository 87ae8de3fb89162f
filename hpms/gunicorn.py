"""How the web server runs, in the demo and in production: a process or two per core; slow clients hold only threads."""

import os
from typing import Any

from hpms.environment import env_int
from hpms.memory import keep_what_is_loaded

wsgi_app = "hpms.wsgi"
worker_class = "gthread"
workers = env_int("WEB_CONCURRENCY")
preload_app = True  # imported once, shared by all
threads = env_int("WEB_THREADS")
timeout = 60
graceful_timeout = 5
keepalive = 5
max_requests = 20_000  # a worker is replaced before slow leaks matter
max_requests_jitter = 2_000
limit_request_line = 8190
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - heartbeats never wait for a disk
forwarded_allow_ips = "127.0.0.1"
loglevel = "warning"


def when_ready(server: Any) -> None:
    """Before the workers are forked: they share what is loaded."""
    keep_what_is_loaded()
