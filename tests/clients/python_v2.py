"""The official Python SDK, 2.x line: SSE, and Streamable HTTP where it must settle on 2026-07-28 by itself."""

import os

import httpx2
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from walk import walk, run

URL = os.environ["TASKGATE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['TASKGATE_KEY']}"}


async def sse(agent):
    async with Client(sse_client(f"{URL}/sse", headers=HEADERS)) as client:
        await walk(client, agent)


async def negotiated(agent):
    async with httpx2.AsyncClient(headers=HEADERS) as http:
        async with Client(streamable_http_client(f"{URL}/mcp", http_client=http)) as client:
            assert client.protocol_version == "2026-07-28", client.protocol_version
            await walk(client, agent)


run("python-2", {"sse": sse, "negotiated": negotiated})
