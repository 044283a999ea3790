"""What every Python client does with the gateway, whatever its version and transport. `call` and `read` hide how the two
SDK lines differ; everything else is the same walk."""

import json
import sys
import traceback

import anyio

TOOLS = {
    "register_agent", "request_next_task", "report_task_progress", "report_blocker", "heartbeat", "release_task", "get_project_status",
    "get_agent_status", "list_registered_agents", "ping", "create_task", "list_tasks", "get_task",
    "fetch_pr_review_comments", "resolve_open_pr_url", "list_open_pull_requests", "reply_to_review_comment",
    "resolve_review_thread", "unresolve_review_thread",
}


def structured(result):
    """The structured answer of a good result, which must equal its text."""
    answer = getattr(result, "structured_content", None) or getattr(result, "structuredContent", None)
    assert json.loads(result.content[0].text) == answer, result
    return answer


def failed(result):
    return bool(getattr(result, "is_error", None) or getattr(result, "isError", None))


async def lists(session):
    names = {tool.name for tool in (await session.list_tools()).tools}
    assert names == TOOLS, names
    prompts = {prompt.name for prompt in (await session.list_prompts()).prompts}
    assert prompts == {"work_next_task", "review_board", "address_review_comments"}, prompts
    resources = {str(resource.uri) for resource in (await session.list_resources()).resources}
    assert resources == {"taskgate://board"}, resources


async def works_a_task(session, agent):
    async def call(name, /, **arguments):
        return structured(await session.call_tool(name, arguments))

    assert (await call("ping", echo="hi"))["echo"] == "hi"
    await call("create_task", title=f"for {agent}", priority="urgent")
    await call("register_agent", agent_id=agent, name=agent, role="Tester", skills=["python"])
    task = (await call("request_next_task", agent_id=agent))["task"]
    report = {"agent_id": agent, "task_id": task["id"], "status": "completed", "progress": 100, "message": "done"}
    assert (await call("report_task_progress", **report))["success"] is True
    assert (await call("get_task", task_id=task["id"]))["task"]["status"] == "done"


async def meets_refusals(session):
    wrong = await session.call_tool("ping", {"echo": 5})
    assert failed(wrong) and "echo" in wrong.content[0].text, wrong
    try:
        unknown = await session.call_tool("destroy", {})
    except Exception as error:
        assert "Unknown tool" in str(error), error
    else:
        assert failed(unknown) and "Unknown tool" in unknown.content[0].text, unknown


async def walk(session, agent):
    await lists(session)
    await works_a_task(session, agent)
    await meets_refusals(session)


def run(client, transports):
    """Walks over each transport, at most a minute each; prints one line a transport and the count, exits 1 on a failure."""
    passed = 0
    for name, connect in transports.items():
        async def one():
            with anyio.fail_after(60):
                await connect(f"{client}-{name}")

        try:
            anyio.run(one)
        except BaseException:
            traceback.print_exc()
            print(f"FAILED {client} {name}")
        else:
            passed += 1
            print(f"ok {client} {name}")
    print(f"{passed} passed, {len(transports) - passed} failed")
    sys.exit(passed != len(transports))
