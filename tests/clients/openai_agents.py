"""The OpenAI Agents SDK: its client lists the tools, and its own conversion to a strict schema takes each of them."""

import copy
import os
import sys

import anyio
from agents.mcp import MCPServerStreamableHttp, MCPUtil
from agents.strict_schema import ensure_strict_json_schema

URL = os.environ["TASKGATE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['TASKGATE_KEY']}"}


def takes(tool, server):
    """Converts the tool as an agent would; answers what is wrong with it."""
    if "properties" not in tool.input_schema:
        return "has no properties"
    strict = ensure_strict_json_schema(copy.deepcopy(tool.input_schema))
    properties = tool.input_schema["properties"]
    if strict["required"] != list(properties) or strict["additionalProperties"] is not False:
        return f"became {strict}"
    function = MCPUtil.to_function_tool(tool, server, convert_schemas_to_strict=True)
    return None if function.strict_json_schema else "is not strict"


async def main():
    failed = 0
    async with MCPServerStreamableHttp(params={"url": f"{URL}/mcp", "headers": HEADERS}) as server:
        tools = await server.list_tools()
        for tool in tools:
            problem = takes(tool, server)
            failed += problem is not None
            print(f"FAILED {tool.name}: {problem}" if problem else f"ok strict {tool.name}")
        answer = await server.call_tool("ping", {"echo": "hi"})
        failed += "hi" not in answer.content[0].text
    print(f"{len(tools) - failed} passed, {failed} failed")
    return failed or len(tools) < 19


sys.exit(bool(anyio.run(main)))
