"""Bringing an older store up to this release; imported only when one is found.

Rules of this file:
1. A migration is one transaction: the store is of the old revision or of the new one, whenever the power goes.
2. There is no way down. A release that wrote what an older one cannot read is not followed by the older one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DBAPIError

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def upgrade(dialect: str, connect: Callable[[], Any], begin: str) -> None:
    """Run the migrations that a store lacks.

    Args:
        dialect: a SQLAlchemy URL that names the database and its driver, and nothing else.
        connect: opens a driver's connection to the store.
        begin: what opens a transaction on it, "" where the driver does.

    Raises:
        The driver's errors, unwrapped.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = create_engine(dialect, creator=connect, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            if begin:
                connection.exec_driver_sql(begin)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except DBAPIError as error:
        raise (error.orig or error) from error
