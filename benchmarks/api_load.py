"""Asks a running service at a fixed rate, whatever it answers: JSON on stdin, figures as JSON on stdout.

The load is open: request number n is sent n / rate seconds after the first, whether or not the ones before it
were answered, and its time runs from the moment at which it was due. So a service that stops for a second is
charged with all the requests that came meanwhile, and a slow load generator with its own slowness.

Runs with an interpreter of its own, which has aiohttp (``make bench-api``).
"""

import asyncio
import json
import statistics
import sys
import time
from typing import Any

import aiohttp

CONNECTIONS = 64
WARM_UP = 2_000
"""Requests one after the other before the first that counts: files are opened and indices read."""


async def ask(plan: dict[str, Any]) -> dict[str, Any]:
    """Send the requests of a plan: ``base``, ``rate`` per second, and ``requests`` of path and token."""
    statuses: dict[int, int] = {}
    times: list[float] = []
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(plan["base"], connector=connector) as session:

        async def one(path: str, token: str, due: float | None) -> None:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with session.get(path, headers=headers) as answer:
                await answer.read()
            if due is not None:
                times.append(time.perf_counter() - due)
                statuses[answer.status] = statuses.get(answer.status, 0) + 1

        requests = plan["requests"]
        for path, token in requests[: plan.get("warm_up", WARM_UP)]:
            await one(path, token, None)
        began = time.perf_counter() + 0.01
        tasks = []
        for number, (path, token) in enumerate(requests):
            due = began + number / plan["rate"]
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(one(path, token, due)))
        await asyncio.gather(*tasks)
        seconds = time.perf_counter() - began
    cuts = statistics.quantiles(times, n=1000, method="inclusive")
    return {
        "asked": len(requests),
        "per_s": round(len(requests) / seconds),
        "statuses": statuses,
        "p50_ms": round(cuts[499] * 1e3, 2),
        "p90_ms": round(cuts[899] * 1e3, 2),
        "p99_ms": round(cuts[989] * 1e3, 2),
        "p999_ms": round(cuts[998] * 1e3, 2),
        "max_ms": round(max(times) * 1e3, 2),
        "generator_cpu_s": round(time.process_time(), 2),
        "seconds": round(seconds, 2),
    }


if __name__ == "__main__":
    json.dump(asyncio.run(ask(json.load(sys.stdin))), sys.stdout)
