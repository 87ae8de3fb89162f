"""What the house writes down of requests, without what would open a door to whoever reads it."""

import logging
import re

SECRET = re.compile(r"(/(?:invitation|password/reset|waiting-room/screen)/)[^/\s]+")


class WithoutSecrets(logging.Filter):
    """Django writes down the path of every request that is refused; of some, the path is the key."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without(part) if isinstance(part, str) else part for part in record.args)
        return True


def _without(text: str) -> str:
    return SECRET.sub(r"\1[secret]", text)
