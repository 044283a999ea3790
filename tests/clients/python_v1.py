"""The official Python SDK, 1.x line: SSE, Streamable HTTP and stdio."""

import os

from mcp import ClientSession, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

from walk import walk, run

URL = os.environ["TASKGATE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['TASKGATE_KEY']}"}


async def talk(streams, agent):
    async with ClientSession(*streams[:2]) as session:
        await session.initialize()
        await walk(session, agent)


async def sse(agent):
    async with sse_client(f"{URL}/sse", headers=HEADERS) as streams:
        await talk(streams, agent)


async def streamable(agent):
    async with streamablehttp_client(f"{URL}/mcp", headers=HEADERS) as streams:
        await talk(streams, agent)


async def stdio(agent):
    environment = {"TASKGATE_DATA_DIR": os.environ["TASKGATE_STDIO_DIR"], "RUST_LOG": "warn"}
    server = StdioServerParameters(command=os.environ["TASKGATE_BIN"], args=["stdio"], env=environment)
    async with stdio_client(server) as streams:
        await talk(streams, agent)


run("python-1", {"sse": sse, "streamable-http": streamable, "stdio": stdio})
