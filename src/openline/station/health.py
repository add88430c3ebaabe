"""What machines are told of a station: alive, ready, and figures for Prometheus.

Rules of this file: nothing of content, and no name of a person; figures are taken when they are asked for, so that a
station nobody measures does no work for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from openline.wire.errors import OpenlineError

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from openline.station.api.routes import Service

Finding = Callable[[], "Service"]


def application(service: Finding) -> Starlette:
    """`/healthz`: the process serves. `/readyz`: its record is open and whole. `/metrics`: figures."""

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        try:
            restoring = service().runner.desk.ctx.restoring
        except OpenlineError as error:
            return PlainTextResponse(f"{error.what}\n", 503)
        return PlainTextResponse("restoring\n", 503) if restoring else PlainTextResponse("ok\n")

    async def metrics(_request: Request) -> Response:
        from prometheus_client import CollectorRegistry, generate_latest  # only a station that is measured needs it
        from prometheus_client.exposition import CONTENT_TYPE_LATEST

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(service))
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return Starlette(
        routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)]
    )


class _Collector:
    def __init__(self, service: Finding) -> None:
        self.service = service

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        def gauge(name: str, what: str, rows: list[tuple[dict[str, str], float]]) -> Metric:
            labels = list(rows[0][0]) if rows else []
            family: Any = GaugeMetricFamily(f"openline_{name}", what, labels=labels)
            for labelled, value in rows:
                family.add_metric([labelled[each] for each in labels], value)
            made: Metric = family
            return made

        try:
            found = self.service()
        except OpenlineError:
            yield gauge("up", "Whether the record is open.", [({}, 0)])
            return
        status = found.status()
        yield gauge("up", "Whether the record is open.", [({}, 1)])
        yield gauge("restoring", "Whether the station fetches its own record back.", [({}, status.restoring)])
        yield gauge("entries", "Entries of both chains.", [({}, status.heads.entries)])
        yield gauge("waiting_entries", "Entries of ours that they are not known to hold.", [({}, status.waiting)])
        yield gauge("unopened", "Messages of theirs that nobody opened.", [({}, status.unopened)])
        yield gauge(
            "line_observed", "1 for what is observed of a line.",
            [({"line": each.id, "observed": each.observed}, 1) for each in status.lines],
        )  # fmt: skip
        yield gauge(
            "line_formal", "1 for what is agreed of a lane of a line.",
            [
                ({"line": each.id, "lane": lane, "formal": how.formal}, 1)
                for each in status.lines for lane, how in each.lanes.items()
            ],
        )  # fmt: skip
        yield gauge("alarm", "1 for each alarm that sounds.", [({"alarm": each}, 1) for each in status.alarms])
        yield gauge(
            "carrier_up", "Whether a carrier's path stands.",
            [({"carrier": each.id}, each.up) for each in status.carriers],
        )  # fmt: skip
        figures: Any = CounterMetricFamily(
            "openline_carrier", "What a carrier counts.", labels=["carrier", "figure"]
        )
        for each in status.carriers:
            for name, value in each.figures.items():
                figures.add_metric([each.id, name], value)
        yield figures
