"""Writes what became of each case to the file that EVENTPACT_OUTCOMES names, as lines: the case, a tab, passed or failed or skipped.

With EVENTPACT_KARAPACE set, Karapace's tests are told that its own server is not there: the sources come without the version that
its build writes and without its compiled Protobuf formatter, and our server has no election to wait for. The tests stay as they are.
EVENTPACT_KARAPACE_TOPIC names the topic in which our server keeps its schemas, where the tests would write to `_schemas`.
"""

import dataclasses
import os
import sys
import types

import pytest

outcomes = {}


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        outcomes[report.nodeid] = "failed" if "failed" in (report.outcome, outcomes.get(report.nodeid)) else report.outcome


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    topic, cluster = os.environ.get("EVENTPACT_KARAPACE_TOPIC"), pyfuncitem.funcargs.get("registry_cluster")
    if topic and cluster:
        pyfuncitem.funcargs["registry_cluster"] = dataclasses.replace(cluster, schemas_topic=topic)


def pytest_sessionfinish():
    with open(os.environ["EVENTPACT_OUTCOMES"], "w", encoding="utf-8") as out:
        out.writelines(f"{case}\t{outcome}\n" for case, outcome in outcomes.items())


def module(name, **contents):
    made = types.ModuleType(name)
    made.__dict__.update(contents)
    sys.modules[name] = made


class NotBuilt(Exception):
    def __init__(self, *_, **__):
        super().__init__("Karapace's Protobuf formatter is not built here")


def not_built(*_, **__):
    raise NotBuilt


async def at_once(_client):
    return None


if os.environ.get("EVENTPACT_KARAPACE"):
    module("karapace.version", __version__="0")
    parts = {"Proto": NotBuilt, "IncompatibleError": NotBuilt, "format_proto": not_built, "check_compatibility": not_built}
    module("karapace.core.protobuf.protopace", **parts)
    module("karapace.core.protobuf.protopace.protopace", **parts)
    import tests.utils

    tests.utils.repeat_until_master_is_available = at_once
