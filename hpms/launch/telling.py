"""How the launcher speaks."""

from __future__ import annotations

import sys
import time


def tell(text: str = "") -> None:
    """One line for the person at the keyboard."""
    print(text, flush=True)


class Step:
    """A piece of work that takes a while: its name, how far it is, how long it took."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.began = time.monotonic()
        self.live = sys.stdout.isatty()

    def __enter__(self) -> Step:
        if self.live:
            print(f"  … {self.name}", end="", flush=True)
        else:
            print(f"  … {self.name}", flush=True)
        return self

    def at(self, detail: str) -> None:
        """Say how far it is; only where the line can be written over."""
        if self.live:
            print(f"\r\033[K  … {self.name}  {detail[:60]}", end="", flush=True)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        took = time.monotonic() - self.began
        sign = "✓" if kind is None else "✗"
        print(f"{chr(13) + chr(27) + '[K' if self.live else ''}  {sign} {self.name}  {took:.1f} s", flush=True)
