"""How a stand-in calls its webhook: one kept connection a lane, written by hand so that thousands of calls a second cost little."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from urllib.parse import urlsplit

MOST_ANSWER = 1 << 20


class Poster:
    """A kept HTTP/1.1 connection that posts and reads the status."""

    def __init__(self) -> None:
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.address: tuple[str, str, int] = ("", "", 0)

    def close(self) -> None:
        if self.writer is not None:
            with contextlib.suppress(Exception):
                self.writer.transport.abort()
        self.reader = self.writer = None

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The HTTP status of the answer. Raises OSError, EOFError or ValueError."""
        return (await self._call("POST", url, body, headers))[0]

    async def get(self, url: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body. Raises as `post` does."""
        return await self._call("GET", url, b"", headers)

    async def _call(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = (parts.scheme, parts.hostname or "", port)
        if address != self.address or self.writer is None or self.writer.is_closing() or (self.reader and self.reader.at_eof()):
            self.close()
            secure = ssl.create_default_context() if parts.scheme == "https" else None
            self.reader, self.writer = await asyncio.open_connection(address[1], port, ssl=secure)
            self.address = address
        assert self.reader is not None
        assert self.writer is not None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body)
        await self.writer.drain()
        return await self._answer(self.reader)

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = b""
        if found.get("transfer-encoding", "").lower() == "chunked":
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                body += (await reader.readexactly(min(size, MOST_ANSWER) + 2))[:-2]
                if len(body) > MOST_ANSWER:
                    raise ValueError("answer too long")
            await reader.readuntil(b"\r\n")
        elif "content-length" in found:
            body = await reader.readexactly(min(int(found["content-length"]), MOST_ANSWER))
        else:
            found["connection"] = "close"
        if found.get("connection", "").lower() == "close":
            self.close()
        return status, body
