"""The shop's records in SQLite: orders, refunds, and mails that wait to be sent."""

import sqlite3
from threading import Lock
from typing import NamedTuple

_SCHEMA = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, item TEXT, status TEXT, total REAL, refunded REAL);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, recipient TEXT, body TEXT);
"""
_ORDERS = (
    (1001, "moss@example.org", "copper watering can", "delivered", 48.0),
    (1002, "reed@example.org", "border spade", "on its way", 62.5),
    (1003, "thorn@example.org", "bypass secateurs", "delivered", 31.9),
    (1042, "moss@example.org", "cordless hedge trimmer", "delivered", 189.0),
)


class Order(NamedTuple):
    """One order."""

    id: int
    customer: str
    item: str
    status: str
    total: float
    refunded: float


class Store:
    """One database connection, used by one request at a time."""

    def __init__(self, database: str = ":memory:") -> None:
        """Open the database and lay in the demo orders."""
        self._lock = Lock()
        self._db = sqlite3.connect(database, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self._db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, 0)", _ORDERS)

    def order(self, order_id: int) -> Order | None:
        """Return an order, or nothing if there is none of that number."""
        with self._lock:
            row = self._db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
        return Order(*row) if row else None

    def refund(self, order_id: int, amount: float) -> None:
        """Book a refund on an order."""
        with self._lock, self._db:
            self._db.execute("UPDATE orders SET refunded = refunded + ? WHERE id = ?", (amount, order_id))

    def queue_mail(self, recipient: str, body: str) -> None:
        """Put a mail into the outbox; nothing here sends it."""
        with self._lock, self._db:
            self._db.execute("INSERT INTO outbox (recipient, body) VALUES (?, ?)", (recipient, body))
