"""Audits and plans of incidents, as ``ledger incident`` wrote them: ``INCIDENTS/<incident>/<name>.json``.

A file counts only while its digest is that of its content. Others are listed with what is wrong with them,
and nothing of theirs is shown.
"""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.errors import PlanInvalid, SettingsFault
from ledger.incident.plan import Plan, read_plan
from ledger.incident.report_file import DIGEST, digest_of, read_report

FILES_MAX: Final = 32
"""Files that stay in memory."""
BYTES_MAX: Final = 256 * 1024 * 1024

Json = dict[str, Any]


class AuditFile(NamedTuple):
    """An audit; ``report`` is empty where there is a ``fault``."""

    name: str
    report: Json
    fault: str

    @property
    def digest(self) -> str:
        """What it is known by."""
        return str(self.report.get(DIGEST, ""))


class StoredPlan(NamedTuple):
    """A plan; ``None`` where there is a ``fault``."""

    name: str
    plan: Plan | None
    fault: str


Stored = AuditFile | StoredPlan


class IncidentFiles:
    """The files below a directory, read again when they change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: OrderedDict[tuple[Path, int, int], Stored] = OrderedDict()
        self._lock = threading.Lock()

    def ids(self) -> list[str]:
        """Incidents that have a directory."""
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if path.is_dir())

    def audits(self, incident: str) -> list[AuditFile]:
        """Audits of an incident in order of names."""
        return [one for one in self._files(incident) if isinstance(one, AuditFile)]

    def plans(self, incident: str) -> list[StoredPlan]:
        """Plans of an incident in order of names."""
        return [one for one in self._files(incident) if isinstance(one, StoredPlan)]

    def _files(self, incident: str) -> list[Stored]:
        if incident not in self.ids():
            return []
        return [self._of(path) for path in sorted((self.root / incident).glob("[!.]*.json"))]

    def _of(self, path: Path) -> Stored:
        found = path.stat()
        key = (path, found.st_mtime_ns, found.st_size)
        with self._lock:
            stored = self._read.pop(key, None)
            if stored is None:
                stored = _read(path, found.st_size)
            self._read[key] = stored
            while len(self._read) > FILES_MAX:
                self._read.popitem(last=False)
        return stored


def _read(path: Path, size: int) -> Stored:
    """An audit or a plan, whichever the file is."""
    if size > BYTES_MAX:
        return AuditFile(path.stem, {}, f"it is larger than {BYTES_MAX} bytes")
    try:
        report = read_report(path)
    except SettingsFault as no_report:
        try:
            return StoredPlan(path.stem, read_plan(path), "")
        except PlanInvalid as fault:
            return StoredPlan(path.stem, None, f"{no_report.what}; {fault.what}")
    if report.get(DIGEST) != digest_of(report):
        return AuditFile(path.stem, {}, "its digest is not that of its content: it was changed")
    return AuditFile(path.stem, report, "")
