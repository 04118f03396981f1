"""What libraries log of their own accord: keys of a store, users of a server, rows of a database.

Put here: which libraries are kept from it. Not here: what we log ourselves.

A process whose root logger tells everything (`logging.basicConfig(level=logging.DEBUG)`, or an orchestrator
that is set to DEBUG) would keep all of it with its own logs.
"""

from __future__ import annotations

import logging

# At INFO or DEBUG these log addresses with their query (httpx), redirects with signatures (httpcore),
# statements and rows (SQLAlchemy), access key, session token and signature (botocore), users and paths
# (asyncssh, s3fs).
TALKATIVE = (
    *("httpx", "httpcore", "urllib3"),
    *("sqlalchemy.engine", "sqlalchemy.pool"),
    *("botocore", "boto3", "aiobotocore", "s3fs", "fsspec", "fsspec.local"),
    *("asyncssh", "asyncssh.sftp", "sshfs"),
)


def keep_libraries_quiet() -> None:
    """Let libraries log warnings and errors only, or less where somebody has set it so."""
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
