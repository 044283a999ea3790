"""Opens many idle streams of /sse at one address, and holds them until its input ends."""

import asyncio
import sys

address, port, key, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
REQUEST = f"GET /sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n\r\n".encode()


async def open_one(turn):
    async with turn:
        reader, writer = await asyncio.open_connection(address, port)
        writer.write(REQUEST)
        await reader.readuntil(b"session_id=")
        return reader, writer


async def main():
    turn = asyncio.Semaphore(100)
    held = await asyncio.gather(*(open_one(turn) for _ in range(count)))
    print(len(held), flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
