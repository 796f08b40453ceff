"""A TCP proxy before PostgreSQL that cuts the line at the k-th message of the client, as networks and kills do."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Counts what clients send; at message `cut_at` every connection ends, its answer perhaps still unsent."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])
        self.sent = 0
        self.cut_at: int | None = None
        self.is_answer_lost = False
        self._is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, cut_at: int | None, *, is_answer_lost: bool = False) -> None:
        """Begin to count anew. With `is_answer_lost` the message still reaches the server, its answer nobody."""
        self.sent, self.cut_at, self.is_answer_lost, self._is_cut = 0, cut_at, is_answer_lost, False

    def close(self) -> None:
        self._listener.close()
        self._end_all()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
                threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while block := client.recv(1 << 16):
                with self._lock:
                    self.sent += 1
                    if self.sent == self.cut_at:
                        self._is_cut = True
                        if self.is_answer_lost:
                            server.sendall(block)
                        self._end_all()
                        return
                server.sendall(block)
        self._end(server)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while block := server.recv(1 << 16):
                if self._is_cut:
                    break
                client.sendall(block)
        self._end(client)

    def _end_all(self) -> None:
        for each in self._open:
            self._end(each)
        self._open.clear()

    def _end(self, one: socket.socket) -> None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def proxy_before(port: int) -> Iterator[Proxy]:
    found = Proxy(port)
    try:
        yield found
    finally:
        found.close()
