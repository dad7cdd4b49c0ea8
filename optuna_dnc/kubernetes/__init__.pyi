from .job import job_manifest
from .worker_job import WorkerJob

__all__ = ["WorkerJob", "job_manifest"]
