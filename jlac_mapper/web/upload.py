"""Upload of a hospital's list, and how far it is."""

import hashlib
import os
import tempfile
from pathlib import Path, PurePath

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from jlac_mapper.errors import InputError, NotFoundError
from jlac_mapper.review.model import Run
from jlac_mapper.web.call import Call
from jlac_mapper.web.import_jobs import ImportJob, JobState, Report

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".xlsx")
LARGEST_BYTES = 64 * 1024 * 1024
_LONGEST_NAME = 200
_BLOCK = 1 << 20


def take(call: Call) -> Response:
    """Keep the uploaded file for the worker and show its progress."""
    given = call.form.get("list")
    if not isinstance(given, UploadFile) or not given.filename:
        raise InputError(call.t("upload.no_file"))
    name = _file_name(given.filename)
    if PurePath(name).suffix.lower() not in SUFFIXES:
        raise InputError(call.t("upload.wrong_kind", name=name))
    request_id = call.text("request_id", 64)
    if not request_id:
        raise InputError(call.t("upload.no_file"))
    path, digest = _keep(given, PurePath(name).suffix.lower())
    review, user, key, read_list = call.services.review, call.user, call.facility_key, call.services.read_list

    def work(report: Report) -> Run:
        try:
            try:
                read = read_list(path)
            except InputError as error:
                # The user knows the file by its own name.
                raise InputError(str(error).replace(str(path), name).replace(path.name, name)) from None
            report(0, len(read.tests))
            return review.import_list(
                user,
                key,
                file_name=name,
                digest=digest,
                tests=read.tests,
                columns=read.columns,
                cells=read.cells,
                request_id=request_id,
                progress=lambda done: report(done, len(read.tests)),
            )
        finally:
            path.unlink(missing_ok=True)

    job = call.services.jobs.start(key, user.login, name, work)
    return call.redirect(call.path("imports", job.id))


def progress(call: Call) -> Response:
    """Show how far a list is; the page asks for `state` by itself."""
    return call.page("import.html", facility=call.facility(), job=_job(call), states=JobState)


def state(call: Call) -> Response:
    """Return how far a list is, for the page's script."""
    job = _job(call)
    share = job.done / job.total if job.total else 0.0
    return JSONResponse(
        {
            "state": job.state.value,
            "done": job.done,
            "total": job.total,
            "share": share,
            "text": describe(call, job),
            "over": job.is_over,
        }
    )


def describe(call: Call, job: ImportJob) -> str:
    """Return a job's progress in words."""
    return call.t(f"job.{job.state.value}", done=f"{job.done:,}", total=f"{job.total:,}")


def _job(call: Call) -> ImportJob:
    job = call.services.jobs.get(call.facility_key, str(call.request.path_params["job"]))
    if job is None:
        raise NotFoundError("there is no such upload; the server may have been started anew since")
    return job


def _file_name(given: str) -> str:
    """Return the file's own name without folders and control characters."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in name if c.isprintable())[-_LONGEST_NAME:] or "list"


def _keep(given: UploadFile, suffix: str) -> tuple[Path, str]:
    digest = hashlib.sha256()
    handle, name = tempfile.mkstemp(prefix="jlac-list-", suffix=suffix)
    with os.fdopen(handle, "wb") as out:
        while block := given.file.read(_BLOCK):
            digest.update(block)
            out.write(block)
    return Path(name), digest.hexdigest()
